"""Orgs with more than one currency: CurrencyType, DatedConversionRate, and CurrencyIsoCode on records.

An org has one currency until several are switched on, which cannot be undone, as in a real org. Rates are units of a
currency for one unit of the corporate currency, whose own rate is 1.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from playground import catalogue
from playground.schema import Field, ObjectType, PicklistEntry, Schema
from playground.store import Row, Store, quoted
from playground.work import Work

FIELD = "CurrencyIsoCode"
_USERS_OWN = "DefaultCurrencyIsoCode"
_OBJECTS = frozenset(
    {
        "Account",
        "Contact",
        "Event",
        "Opportunity",
        "OpportunityContactRole",
        "OpportunityHistory",
        "OpportunityLineItem",
        "Pricebook2",
        "PricebookEntry",
        "Product2",
        "Task",
        "User",
    }
)
"""Standard objects whose describe has the field in a recorded org with several currencies; custom ones all have it."""
_FOLLOWS = {
    "OpportunityLineItem": ("Opportunity", "OpportunityId"),
    "OpportunityContactRole": ("Opportunity", "OpportunityId"),
}
_LAST_DAY = "9999-12-31"
_NO_CENTS = frozenset({"JPY", "KRW", "CLP", "VND"})


def with_currencies(schema: Schema, raw: Mapping[str, Any]) -> Schema:
    """The schema of an org that has the currencies ``{"corporate": "GBP", "rates": {"EUR": 1.15}}``."""
    codes = _codes(raw)
    objects = [_with_field(item, codes) for item in schema.objects]
    for name in ("CurrencyType", "DatedConversionRate"):
        if name.lower() not in schema.by_lower_name:
            objects.append(catalogue.load_object(name))
    return Schema(tuple(objects))


def put_rows(work: Work, raw: Mapping[str, Any]) -> None:
    """Write the currencies of a change, and let records without one be in the corporate currency; in a transaction."""
    store, corporate = work.store, str(raw["corporate"])
    for code, rate in {**raw.get("rates", {}), corporate: 1.0}.items():
        row = {
            "IsoCode": code,
            "ConversionRate": float(rate),
            "DecimalPlaces": 0 if code in _NO_CENTS else 2,
            "IsActive": 1,
            "IsCorporate": int(code == corporate),
            "LastModifiedDate": work.stamp,
            "LastModifiedById": work.user_id,
            "SystemModstamp": work.stamp,
        }
        known = store.select("CurrencyType", "IsoCode = ?", (code,))
        if known:
            store.update("CurrencyType", known[0]["Id"], row)
            continue
        made = {"Id": store.next_id("01L"), "CreatedDate": work.stamp, "CreatedById": work.user_id}
        store.insert("CurrencyType", row | made)
    for item in work.schema.objects:
        for name in (FIELD, _USERS_OWN):
            if item.has(name):
                store.execute(
                    f"UPDATE {quoted(item.name)} SET {quoted(name)} = ? WHERE {quoted(name)} IS NULL", (corporate,)
                )


def complete(work: Work, object_name: str, old: Row | None, new: Row, _sent: Collection[str]) -> None:
    """A new record is in its parent's currency, or in the currency of who makes it."""
    if FIELD not in new:
        return
    if object_name in _FOLLOWS:
        parent_name, field = _FOLLOWS[object_name]
        parent = work.store.get(parent_name, new[field]) if new.get(field) else None
        new[FIELD] = parent.get(FIELD) if parent else new[FIELD]
    elif new[FIELD] is None:
        new[FIELD] = old[FIELD] if old else _default(work)


def follow_dated_rate(work: Work, _old: Row | None, new: Row, _sent: Collection[str]) -> None:
    """A dated rate holds until the next one of its currency begins."""
    rows = work.store.select("DatedConversionRate", "IsoCode = ? ORDER BY StartDate", (new["IsoCode"],))
    ends = [row["StartDate"] for row in rows[1:]] + [_LAST_DAY]
    for row, end in zip(rows, ends, strict=True):
        if row["NextStartDate"] != end:
            work.store.update("DatedConversionRate", row["Id"], {"NextStartDate": end})


def is_on(store: Store) -> bool:
    """Whether the org has several currencies."""
    return "currencytype" in store.schema.by_lower_name


def _default(work: Work) -> Any:
    user = work.store.get("User", work.user_id)
    if user and user.get(_USERS_OWN):
        return user[_USERS_OWN]
    rows = work.store.select("CurrencyType", "IsCorporate")
    return rows[0]["IsoCode"] if rows else None


def _codes(raw: Mapping[str, Any]) -> list[str]:
    unknown = sorted(set(raw) - {"corporate", "rates"})
    if unknown or not raw.get("corporate"):
        raise ValueError('Currencies are written as {"corporate": "GBP", "rates": {"EUR": 1.15}}.')
    known = {entry.value for entry in catalogue.load_object("CurrencyType").by_lower_name["isocode"].picklist}
    codes = [str(raw["corporate"]), *(code for code in raw.get("rates", {}) if code != raw["corporate"])]
    odd = [code for code in codes if code not in known]
    if odd:
        raise ValueError(f"There is no currency {', '.join(odd)}.")
    if any(not isinstance(rate, int | float) or rate <= 0 for rate in raw.get("rates", {}).values()):
        raise ValueError("A rate of conversion is a number above 0.")
    return codes


def _with_field(item: ObjectType, codes: list[str]) -> ObjectType:
    if item.name not in _OBJECTS and not item.custom:
        return item
    fields = list(item.fields)
    wanted = [(FIELD, "Currency ISO Code", item.name != "OpportunityHistory")]
    if item.name == "User":
        wanted.append((_USERS_OWN, "Default Currency ISO Code", True))
    for name, label, writable in wanted:
        known = item.by_lower_name.get(name.lower())
        entries = tuple(PicklistEntry(code, code) for code in codes)
        if known is None:
            fields.append(_field(name, label, entries, writable=writable and item.name not in _FOLLOWS))
        else:
            values = {entry.value for entry in known.picklist}
            more = tuple(entry for entry in entries if entry.value not in values)
            fields[fields.index(known)] = replace(known, picklist=known.picklist + more)
    return replace(item, fields=tuple(fields))


def _field(name: str, label: str, entries: tuple[PicklistEntry, ...], *, writable: bool) -> Field:
    return Field(
        name=name,
        label=label,
        type="picklist",
        length=3,
        nillable=True,
        createable=writable,
        updateable=writable,
        defaulted_on_create=True,
        restricted_picklist=True,
        picklist=entries,
    )
