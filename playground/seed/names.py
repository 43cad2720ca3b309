"""Invented names and phrases of the scenario. No company, person, address or number here is real.

Telephone numbers are from ranges kept for fiction, addresses of the web end in ``.example``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Company:
    """An account to be: ``place`` is a key of :data:`PLACES`, ``size`` its number of employees."""

    name: str
    slug: str
    industry: str
    place: str
    size: int
    owner: str
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    city: str
    state: str | None
    country: str
    postal_code: str
    street: str
    phone: str
    """With ``{}`` for the last two digits."""


PLACES = {
    "london": Place("London", None, "United Kingdom", "EC1V 2NX", "{} Plimsoll Yard", "+44 20 7946 03{}"),
    "bristol": Place("Bristol", None, "United Kingdom", "BS1 4DJ", "{} Harbour Walk", "+44 117 496 01{}"),
    "leeds": Place("Leeds", None, "United Kingdom", "LS1 5AB", "{} Weaver Street", "+44 113 496 02{}"),
    "edinburgh": Place("Edinburgh", None, "United Kingdom", "EH3 8BL", "{} Lantern Close", "+44 131 496 04{}"),
    "dublin": Place("Dublin", None, "Ireland", "D02 X285", "{} Canal Terrace", "+353 20 910 01{}"),
    "berlin": Place("Berlin", None, "Germany", "10119", "Ahornweg {}", "+49 30 23125 0{}"),
    "madrid": Place("Madrid", None, "Spain", "28004", "Calle del Olmo {}", "+34 600 00 01 {}"),
    "lisbon": Place("Lisbon", None, "Portugal", "1200-109", "Rua das Oliveiras {}", "+351 211 555 0{}"),
    "denver": Place("Denver", "CO", "United States", "80202", "{} Larkspur Avenue", "+1 303 555 01{}"),
    "portland": Place("Portland", "OR", "United States", "97205", "{} Fern Street", "+1 503 555 01{}"),
    "boston": Place("Boston", "MA", "United States", "02116", "{} Clipper Lane", "+1 617 555 01{}"),
    "austin": Place("Austin", "TX", "United States", "78701", "{} Bluebonnet Road", "+1 512 555 01{}"),
    "qingdao": Place("青岛", "山东", "中国", "266000", "海风路{}号", "+86 532 5550 01{}"),
}

GET_CLOUDY = "Get Cloudy"
GET_CLOUDY_WEST = "Get Cloudy West"
GET_CLOUDY_EAST = "Get Cloudy East"

COMPANIES = (
    Company(GET_CLOUDY, "get-cloudy", "Technology", "london", 1400, "jonas"),
    Company(GET_CLOUDY_WEST, "get-cloudy-west", "Technology", "bristol", 320, "jonas", GET_CLOUDY),
    Company(GET_CLOUDY_EAST, "get-cloudy-east", "Technology", "leeds", 210, "sofia", GET_CLOUDY),
    Company("Saffron Air", "saffron-air", "Transportation", "london", 5200, "ada"),
    Company("Halden University", "halden", "Education", "edinburgh", 3100, "ada"),
    Company("Redstart Athletics", "redstart", "Recreation", "leeds", 260, "ada"),
    Company("Two Rivers Council", "two-rivers", "Government", "bristol", 2400, "priya"),
    Company("Maple Row Clinics", "maple-row", "Healthcare", "boston", 880, "priya"),
    Company("Meridian Cruise Line", "meridian-cruise", "Hospitality", "lisbon", 4100, "ada"),
    Company("Juniper Transit", "juniper-transit", "Transportation", "portland", 1900, "mei"),
    Company("Northgate Running Club", "northgate", "Recreation", "leeds", 12, "ada"),
    Company("Harbour Lane Schools", "harbour-lane", "Education", "bristol", 740, "jonas"),
    Company("Lumen Dance Company", "lumen-dance", "Entertainment", "madrid", 64, "tomas"),
    Company("Cobalt Festival", "cobalt-festival", "Entertainment", "berlin", 90, "mei"),
    Company("蓝湾体育用品有限公司", "lanwan-sports", "Retail", "qingdao", 530, "mei"),
    Company("Alder & Finch Outfitters", "alder-finch", "Retail", "portland", 410, "tomas"),
    Company("Amberline Ferries", "amberline", "Transportation", "edinburgh", 1250, "sofia"),
    Company("Ashgrove Hospital Trust", "ashgrove", "Healthcare", "leeds", 6200, "priya"),
    Company("Bellweather Hotels", "bellweather", "Hospitality", "dublin", 2900, "tomas"),
    Company("Birchwood Primary Schools", "birchwood", "Education", "edinburgh", 380, "jonas"),
    Company("Bluebell Garden Centres", "bluebell", "Retail", "bristol", 610, "sofia"),
    Company("Brightwater Leisure", "brightwater", "Recreation", "boston", 450, "priya"),
    Company("Calder Valley Rugby", "calder-rugby", "Recreation", "leeds", 38, "ada"),
    Company("Cedar Point Logistics", "cedar-point", "Shipping", "denver", 3300, "mei"),
    Company("Clearbrook Care Homes", "clearbrook", "Healthcare", "bristol", 1480, "priya"),
    Company("Copperfield Theatre", "copperfield", "Entertainment", "london", 130, "jonas"),
    Company("Crossways Supermarkets", "crossways", "Retail", "dublin", 8800, "tomas"),
    Company("Dovetail Kitchens", "dovetail", "Food & Beverage", "london", 340, "sofia"),
    Company("Eastmoor Fire Service", "eastmoor-fire", "Government", "leeds", 920, "priya"),
    Company("Elm & Ivy Hotels", "elm-ivy", "Hospitality", "bristol", 560, "jonas"),
    Company("Fairweather Sailing", "fairweather", "Recreation", "lisbon", 45, "mei"),
    Company("Fernhill Warehousing", "fernhill", "Shipping", "austin", 1700, "mei"),
    Company("Foxglove Pharmacies", "foxglove", "Retail", "edinburgh", 2100, "ada"),
    Company("Glasshouse Coffee", "glasshouse", "Food & Beverage", "portland", 780, "sofia"),
    Company("Goldfinch Nurseries", "goldfinch", "Education", "london", 290, "jonas"),
    Company("Greyfriars College", "greyfriars", "Education", "dublin", 1150, "tomas"),
    Company("Hartwell Rail", "hartwell-rail", "Transportation", "london", 7400, "ada"),
    Company("Hollybank Dental Group", "hollybank", "Healthcare", "bristol", 190, "priya"),
    Company("Ironbridge Climbing", "ironbridge", "Recreation", "denver", 52, "mei"),
    Company("Kestrel Parcel Post", "kestrel", "Shipping", "berlin", 5600, "tomas"),
    Company("Kingfisher Pools", "kingfisher", "Recreation", "boston", 170, "priya"),
    Company("Lakeside Summer Camps", "lakeside", "Recreation", "denver", 240, "mei"),
    Company("Linden Street Ballet", "linden-ballet", "Entertainment", "berlin", 75, "tomas"),
    Company("Marlowe Catering", "marlowe", "Food & Beverage", "london", 930, "sofia"),
    Company("Moorland Rescue", "moorland", "Not For Profit", "leeds", 110, "sofia"),
    Company("Nettlefold Stores", "nettlefold", "Retail", "boston", 3900, "priya"),
    Company("Oakhurst Veterinary", "oakhurst", "Healthcare", "austin", 220, "mei"),
    Company("Orchard Vale Council", "orchard-vale", "Government", "bristol", 1800, "jonas"),
    Company("Otter Creek Brewing", "otter-creek", "Food & Beverage", "portland", 140, "sofia"),
    Company("Pebble Beach Resorts Group", "pebble-resorts", "Hospitality", "lisbon", 2600, "tomas"),
    Company("Pinnacle Gyms", "pinnacle-gyms", "Recreation", "london", 1350, "ada"),
    Company("Quayside Museums", "quayside", "Not For Profit", "edinburgh", 310, "jonas"),
    Company("Ravenscourt Security", "ravenscourt", "Consulting", "dublin", 2750, "tomas"),
    Company("Rosewood Spa Hotels", "rosewood-spa", "Hospitality", "madrid", 890, "tomas"),
    Company("Silverbirch Housing", "silverbirch", "Not For Profit", "leeds", 640, "sofia"),
    Company("Skylark Regional Air", "skylark", "Transportation", "denver", 1600, "mei"),
    Company("Stonebridge Academy Trust", "stonebridge", "Education", "london", 2050, "priya"),
    Company("Summerfield Farms", "summerfield", "Agriculture", "austin", 480, "sofia"),
    Company("Thistle & Thread", "thistle-thread", "Apparel", "edinburgh", 95, "jonas"),
    Company("Westerly Bicycle Couriers", "westerly", "Shipping", "portland", 85, "sofia"),
)

FIRST_NAMES = (
    "Abena", "Aisling", "Akira", "Alma", "Amir", "Anneke", "Beatriz", "Bram", "Callum", "Carmen", "Chidi", "Clara",
    "Dafydd", "Dalia", "Elif", "Emeka", "Esme", "Farah", "Fergus", "Freya", "Gareth", "Giulia", "Harriet", "Hugo",
    "Ibrahim", "Imogen", "Isla", "Jamal", "Joao", "Kasia", "Kenji", "Laila", "Leander", "Lucia", "Magnus", "Malik",
    "Marta", "Mina", "Nadia", "Niamh", "Nils", "Olu", "Oscar", "Paloma", "Pascal", "Rafael", "Rania", "Rhys",
    "Roisin", "Sanjay", "Signe", "Sunita", "Tamsin", "Thandi", "Ulla", "Vera", "Wiktor", "Yara", "Yusuf", "Zofia",
)  # fmt: skip

LAST_NAMES = (
    "Abara", "Achterberg", "Alvarez", "Ashdown", "Bakker", "Barros", "Beaumont", "Bianchi", "Brennan", "Carvalho",
    "Castell", "Dahl", "Delgado", "Doyle", "Eriksen", "Fairbairn", "Farouk", "Ferreira", "Galloway", "Gruber",
    "Hadley", "Halvorsen", "Ibekwe", "Iversen", "Jankowski", "Kavanagh", "Keller", "Kowalska", "Lindqvist",
    "Lockhart", "Marchant", "Mbeki", "Mercer", "Moreau", "Nakagawa", "Novak", "Okeke", "Oyelaran", "Pemberton",
    "Quigley", "Ramires", "Rasmussen", "Sandoval", "Sato", "Schreiber", "Sorensen", "Tanaka", "Thackeray", "Vance",
    "Verhoeven", "Wexford", "Whitlock", "Yilmaz", "Zamora",
)  # fmt: skip

CHINESE_CONTACTS = (
    ("王", "芳", "fang.wang", "采购经理"),
    ("李", "伟", "wei.li", "总经理"),
    ("陈", "静怡", "jingyi.chen", "产品主管"),
    ("刘", "洋", "yang.liu", "门店运营"),
)
"""Family name, given name, mailbox, title."""

TITLES = (
    ("Head of Procurement", "Procurement"),
    ("Purchasing Manager", "Procurement"),
    ("Operations Director", "Operations"),
    ("Facilities Manager", "Facilities"),
    ("Finance Director", "Finance"),
    ("Financial Controller", "Finance"),
    ("Head of Uniforms", "Operations"),
    ("Merchandise Manager", "Retail"),
    ("People Partner", "People"),
    ("Health and Safety Lead", "Safety"),
    ("Chief Executive", "Executive"),
    ("Chief Operating Officer", "Executive"),
    ("Team Manager", "Sport"),
    ("Events Coordinator", "Events"),
    ("Office Manager", "Administration"),
)

PRODUCTS = (
    ("Team Kit Shoes", 92.0),
    ("Custom Sneakers", 118.0),
    ("Court Shoes", 74.0),
    ("Trail Runners", 104.0),
    ("Staff Trainers", 66.0),
    ("Kids Runners", 41.5),
    ("Recovery Slides", 24.0),
    ("Work Trainers", 81.5),
    ("Commuter Sneakers", 88.0),
    ("Warehouse Safety Shoes", 97.0),
    ("Indoor Plimsolls", 19.5),
    ("Anniversary Sneakers", 135.0),
)
"""Product and list price of a pair."""

NEXT_STEPS = (
    "Send size guide",
    "Fit day with staff",
    "Sample box to HQ",
    "Send revised quote",
    "Call about sizes",
    "Legal to confirm terms",
    "Agree delivery plan",
    "Meet finance",
    "Colour proofs to marketing",
    "Book site visit",
    "Wait for budget round",
    "Confirm headcount",
)

CALL_SUBJECTS = (
    "Call: sizes and quantities",
    "Call: budget check",
    "Call: delivery dates",
    "Call: colour choices",
    "Call: follow up on quote",
    "Call",
)
MAIL_SUBJECTS = (
    "Email: size guide",
    "Email: quote",
    "Email: revised quote",
    "Email: sample tracking number",
    "Email: terms and conditions",
    "Email: reference customers",
)
TODO_SUBJECTS = (
    "Send sample box",
    "Prepare quote",
    "Check stock of narrow fits",
    "Ask factory for lead time",
    "Update delivery plan",
    "Chase purchase order",
)
MEETING_SUBJECTS = (
    "Meeting: fit day",
    "Meeting: size run and delivery plan",
    "Meeting: quote walk-through",
    "Meeting: introduction",
    "Meeting: contract review",
    "Meeting: warehouse visit",
)
