"""Invented companies by number: the same number is always the same company, no two have the same name.

Their addresses of the web end in ``.example``; places and telephone numbers are those of the scenario.
"""

from __future__ import annotations

from playground.seed.names import PLACES, Company

_FIRST = (
    "Acorn", "Alpine", "Amber", "Arbour", "Ashen", "Aspen", "Autumn", "Azure", "Bay", "Beacon", "Birch", "Blackthorn",
    "Bright", "Bronze", "Cinder", "Clear", "Cliff", "Clover", "Copper", "Coral", "Crescent", "Crimson", "Dawn", "Delta",
    "Drift", "Dune", "Eastern", "Ebony", "Ember", "Evergreen", "Falcon", "Fern", "Flint", "Frost", "Garnet", "Gilded",
    "Glen", "Granite", "Harvest", "Hazel", "Heather", "Heron", "Highland", "Indigo", "Ivory", "Jade", "Lantern",
    "Laurel", "Lavender", "Lilac", "Linden", "Maple", "Marble", "Meadow", "Mistral", "Moonlit", "Moss", "Northern",
    "Oaken", "Olive", "Opal", "Orchard", "Osprey", "Pearl", "Pine", "Plover", "Poplar", "Quarry", "Quartz", "Raven",
    "Reed", "River", "Rowan", "Russet", "Sable", "Sandstone", "Scarlet", "Silver", "Slate", "Southern", "Sparrow",
    "Spruce", "Summer", "Tamarind", "Teal", "Tern", "Timber", "Topaz", "Valley", "Velvet", "Violet", "Western",
    "Willow", "Winter", "Woven", "Wren", "Yarrow",
)  # fmt: skip
_SECOND = (
    "Anchor", "Arch", "Bank", "Barn", "Bell", "Bluff", "Bridge", "Brook", "Canal", "Castle", "Chapel", "Circle",
    "Coast", "Corner", "Court", "Cove", "Crest", "Cross", "Dale", "Dock", "Down", "Fair", "Farm", "Field", "Ford",
    "Forge", "Garden", "Gate", "Grange", "Grove", "Hall", "Harbour", "Haven", "Hearth", "Hill", "Hollow", "Isle",
    "Junction", "Keep", "Key", "Lake", "Lane", "Ledge", "Lodge", "Manor", "Market", "Mill", "Mount", "Orchard", "Park",
    "Pass", "Path", "Peak", "Point", "Pond", "Quay", "Ridge", "Road", "Shore", "Spring", "Square", "Station", "Stone",
    "Street", "Terrace", "Tower", "Vale", "View", "Village", "Walk", "Way", "Well", "Wharf", "Wood", "Yard",
)  # fmt: skip
_KINDS = (
    ("Stores", "Retail"), ("Outfitters", "Retail"), ("Hotels", "Hospitality"), ("Clinics", "Healthcare"),
    ("Care Homes", "Healthcare"), ("Academy", "Education"), ("College", "Education"), ("Logistics", "Shipping"),
    ("Couriers", "Shipping"), ("Rail", "Transportation"), ("Coaches", "Transportation"), ("Athletics", "Recreation"),
    ("Gyms", "Recreation"), ("Rugby Club", "Recreation"), ("Theatre", "Entertainment"), ("Council", "Government"),
    ("Trust", "Not For Profit"), ("Foods", "Food & Beverage"), ("Brewing", "Food & Beverage"), ("Farms", "Agriculture"),
    ("Textiles", "Apparel"), ("Systems", "Technology"), ("Partners", "Consulting"),
)  # fmt: skip
_PLACES = tuple(place for place in PLACES if place != "qingdao")
_DIFFERENT = len(_FIRST) * len(_SECOND) * len(_KINDS)
_STRIDE = 104_729
"""A prime that does not divide the number of names: steps of it visit each once, neighbours looking unalike."""


def name_of(number: int) -> str:
    """The company's name."""
    return f"{_words(number)} {_KINDS[_place_in_names(number) % len(_KINDS)][0]}{_round(number)}"


def company(number: int) -> Company:
    """All that is known of a company. ``owner`` is left empty: that is a matter of time."""
    name = name_of(number)
    size = 8 + (number * 7_919) % 90
    for step in (3, 5, 17):
        if number % step == 0:
            size *= step
    return Company(
        name=name,
        slug=name.lower().replace(" ", "-").replace("(", "").replace(")", ""),
        industry=_KINDS[_place_in_names(number) % len(_KINDS)][1],
        place=_PLACES[(number * 5) % len(_PLACES)],
        size=size,
        owner="",
    )


def _place_in_names(number: int) -> int:
    return number * _STRIDE % _DIFFERENT


def _words(number: int) -> str:
    rest = _place_in_names(number) // len(_KINDS)
    second, first = divmod(rest, len(_FIRST))
    return f"{_FIRST[first]} {_SECOND[second]}"


def _round(number: int) -> str:
    rounds = number // _DIFFERENT
    return f" ({rounds + 1})" if rounds else ""
