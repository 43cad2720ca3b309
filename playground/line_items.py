"""Products, prices and line items: an opportunity's amount follows its line items (salesforce-api.md 11.1)."""

from __future__ import annotations

from collections.abc import Collection

from playground import errors, opportunities
from playground.store import Row
from playground.work import Work

_FOLLOWING = ("Amount", "TotalOpportunityQuantity")
"""Fields of an opportunity that its line items decide; writes to them are ignored without an error."""


def complete_opportunity(work: Work, old: Row | None, new: Row, sent: Collection[str]) -> None:
    """Before an opportunity is saved by anything but its line items."""
    if old is not None and old.get("HasOpportunityLineItem"):
        for name in _FOLLOWING:
            new[name] = old[name]
        if new.get("Pricebook2Id") != old.get("Pricebook2Id"):
            raise errors.ApiError(
                "field integrity exception: Pricebook2Id (the price book of an opportunity with line items cannot "
                "be changed)",
                code="FIELD_INTEGRITY_EXCEPTION",
                fields=["Pricebook2Id"],
            )
    opportunities.complete(work, old, new, sent)


def complete_entry(work: Work, old: Row | None, new: Row, sent: Collection[str]) -> None:
    """A price needs a standard price first, and stands once in a price book."""
    product = work.store.get("Product2", new["Product2Id"])
    book = work.store.get("Pricebook2", new["Pricebook2Id"])
    if product is None or book is None:
        raise errors.BadReference(["Product2Id" if product is None else "Pricebook2Id"])
    new.update(Name=product["Name"], ProductCode=product["ProductCode"])
    if old is None:
        _refuse_second(work, new)
    if book["IsStandard"]:
        return
    standard = _standard_price(work, new["Product2Id"])
    if standard is None:
        raise errors.ApiError(
            "No standard price defined for this product", code="STANDARD_PRICE_NOT_DEFINED", fields=[]
        )
    if new.get("UseStandardPrice") and ("UseStandardPrice" in sent or old is not None):
        new["UnitPrice"] = standard["UnitPrice"]


def follow_product(work: Work, old: Row | None, new: Row, _sent: Collection[str]) -> None:
    """Prices show the name and code of their product."""
    if old and (old["Name"], old["ProductCode"]) != (new["Name"], new["ProductCode"]):
        for entry in work.store.select("PricebookEntry", "Product2Id = ?", (new["Id"],)):
            changes = {"Name": new["Name"], "ProductCode": new["ProductCode"], "SystemModstamp": work.stamp}
            work.store.update("PricebookEntry", entry["Id"], changes)


def follow_entry(work: Work, old: Row | None, new: Row, _sent: Collection[str]) -> None:
    """Prices that use the standard price follow it."""
    if old is None or old["UnitPrice"] == new["UnitPrice"]:
        return
    book = work.store.get("Pricebook2", new["Pricebook2Id"])
    if book and book["IsStandard"]:
        for entry in work.store.select("PricebookEntry", "Product2Id = ? AND UseStandardPrice", (new["Product2Id"],)):
            changes = {"UnitPrice": new["UnitPrice"], "SystemModstamp": work.stamp}
            work.store.update("PricebookEntry", entry["Id"], changes)


def complete_item(work: Work, old: Row | None, new: Row, sent: Collection[str]) -> None:
    """Product, list price and total of a line item. Where unit price and total are both sent the former counts."""
    opportunity = work.store.get("Opportunity", new["OpportunityId"])
    entry = _entry(work, opportunity, new)
    if opportunity is None or entry is None:
        raise errors.RequiredFieldsMissing(["PricebookEntryId"])
    if old is None:
        _take_entry(work, opportunity, entry, new)
    if new["Quantity"] == 0:
        raise errors.NumberOutOfRange("Quantity", new["Quantity"], "Quantity")
    product = work.store.get("Product2", new["Product2Id"])
    new["Name"] = f"{opportunity['Name']} {product['Name'] if product else ''}".strip()[:376]
    if "TotalPrice" in sent and "UnitPrice" not in sent and new.get("TotalPrice") is not None:
        new["UnitPrice"] = round(new["TotalPrice"] / new["Quantity"], 2)
        return
    if new.get("UnitPrice") is None:
        new["UnitPrice"] = entry["UnitPrice"]
    new["TotalPrice"] = round(new["UnitPrice"] * new["Quantity"], 2)


def follow_items(work: Work, _old: Row | None, new: Row, _sent: Collection[str]) -> None:
    """Let the opportunity's amount and quantity be the sums of its line items.

    When the last one goes, amount and quantity stay as they were. (unsourced)
    """
    before = work.store.get("Opportunity", new["OpportunityId"])
    if before is None or before.get("IsDeleted"):
        return
    ((count, amount, quantity, book),) = work.store.execute(
        "SELECT count(*), total(TotalPrice), total(Quantity), min(PricebookEntryId) FROM OpportunityLineItem "
        "WHERE OpportunityId = ? AND NOT IsDeleted",
        (before["Id"],),
    )
    after = dict(before) | {"HasOpportunityLineItem": int(bool(count))}
    if count:
        entry = work.store.get("PricebookEntry", book)
        after |= {"Amount": round(amount, 2), "TotalOpportunityQuantity": round(quantity, 2)}
        after["Pricebook2Id"] = before["Pricebook2Id"] or (entry["Pricebook2Id"] if entry else None)
    opportunities.complete(work, before, after, ())
    after |= {"LastModifiedDate": work.stamp, "LastModifiedById": work.user_id, "SystemModstamp": work.stamp}
    work.store.update(
        "Opportunity", before["Id"], {name: value for name, value in after.items() if value != before[name]}
    )
    opportunities.record_change(work, before, after, ())


def _entry(work: Work, opportunity: Row | None, new: Row) -> Row | None:
    """The price of a line item: named, or that of the product in the opportunity's price book."""
    if new.get("PricebookEntryId"):
        return work.store.get("PricebookEntry", new["PricebookEntryId"])
    if not new.get("Product2Id") or opportunity is None or not opportunity.get("Pricebook2Id"):
        return None
    found = work.store.select(
        "PricebookEntry",
        "Product2Id = ? AND Pricebook2Id = ? AND NOT IsDeleted",
        (new["Product2Id"], opportunity["Pricebook2Id"]),
    )
    return found[0] if found else None


def _take_entry(work: Work, opportunity: Row, entry: Row, new: Row) -> None:
    if not entry["IsActive"]:
        raise _integrity("PricebookEntryId (pricebook entry has been inactivated)")
    if opportunity.get("Pricebook2Id") not in (None, entry["Pricebook2Id"]):
        raise _integrity(
            "PricebookEntryId (pricebook entry is in a different pricebook than the one assigned to the opportunity)"
        )
    new.update(
        PricebookEntryId=entry["Id"],
        Product2Id=entry["Product2Id"],
        ProductCode=entry["ProductCode"],
        ListPrice=entry["UnitPrice"],
    )


def _integrity(what: str) -> errors.ApiError:
    return errors.ApiError(
        f"field integrity exception: {what}", code="FIELD_INTEGRITY_EXCEPTION", fields=["PricebookEntryId"]
    )


def _standard_price(work: Work, product_id: str) -> Row | None:
    found = work.store.select(
        "PricebookEntry",
        "Product2Id = ? AND NOT IsDeleted AND Pricebook2Id IN (SELECT Id FROM Pricebook2 WHERE IsStandard)",
        (product_id,),
    )
    return found[0] if found else None


def _refuse_second(work: Work, new: Row) -> None:
    if work.store.select(
        "PricebookEntry",
        "Product2Id = ? AND Pricebook2Id = ? AND NOT IsDeleted",
        (new["Product2Id"], new["Pricebook2Id"]),
    ):
        raise errors.ApiError(
            "This price definition already exists in this price book", code="DUPLICATE_VALUE", fields=[]
        )
