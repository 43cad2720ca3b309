"""What Tessel Sneakers sells: models, and their prices in the standard price book and the one for retailers."""

from __future__ import annotations

from datetime import datetime

from playground.seed.cast import ORG_AGE, Cast
from playground.seed.rows import Row, RowMaker

_MODELS = (
    ("Cumulus Low", "TS-101", "Lifestyle", 89.0, 62.0),
    ("Cumulus High", "TS-102", "Lifestyle", 99.0, 69.0),
    ("Plimsoll Classic", "TS-110", "Lifestyle", 59.0, 41.0),
    ("Fell Runner", "TS-201", "Running", 129.0, 90.0),
    ("Track Spike", "TS-202", "Running", 139.0, 97.0),
    ("Court One", "TS-301", "Indoor", 109.0, 76.0),
    ("Toddler Velcro", "TS-401", "Children", 39.0, 27.0),
    ("Lace set", "TS-901", "Accessories", 6.0, 4.0),
)
"""Name, code, family, list price, and price to retailers."""


def build_products(now: datetime, cast: Cast) -> dict[str, list[Row]]:
    """Rows of Pricebook2, Product2 and PricebookEntry."""
    since = (now - ORG_AGE).replace(hour=10, minute=0, second=0, microsecond=0)
    books, products, entries = RowMaker("Pricebook2"), RowMaker("Product2"), RowMaker("PricebookEntry")
    by = cast.system
    standard = books.add({"Name": "Standard Price Book", "IsActive": 1, "IsStandard": 1}, created=since, created_by=by)
    retail = books.add(
        {"Name": "Retailers", "Description": "Prices for shops", "IsActive": 1}, created=since, created_by=by
    )
    for name, code, family, list_price, retail_price in _MODELS:
        product = products.add(
            {"Name": name, "ProductCode": code, "Family": family, "IsActive": 1, "ProductClass": "Simple"},
            created=since,
            created_by=by,
        )
        for book, price in ((standard, list_price), (retail, retail_price)):
            entries.add(
                {
                    "Name": name,
                    "ProductCode": code,
                    "Pricebook2Id": book["Id"],
                    "Product2Id": product["Id"],
                    "UnitPrice": price,
                    "IsActive": 1,
                },
                created=since,
                created_by=by,
            )
    return {"Pricebook2": books.rows, "Product2": products.rows, "PricebookEntry": entries.rows}
