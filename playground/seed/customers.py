"""Accounts and their contacts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from playground.seed.cast import Cast
from playground.seed.moments import QUIET_BEFORE_NOW, work_moment
from playground.seed.names import (
    CHINESE_CONTACTS,
    COMPANIES,
    FIRST_NAMES,
    GET_CLOUDY,
    GET_CLOUDY_EAST,
    GET_CLOUDY_WEST,
    LAST_NAMES,
    PLACES,
    TITLES,
    Company,
)
from playground.seed.rows import Row, RowMaker


@dataclass(frozen=True, slots=True)
class Named:
    """A contact that the scenario speaks of by name."""

    account: str
    first: str
    last: str
    title: str
    department: str | None


NAMED_CONTACTS = (
    Named(GET_CLOUDY_WEST, "Lars", "Johnson", "Office Lead", "Workplace"),
    Named(GET_CLOUDY_WEST, "Bente", "Aldous", "People Partner", "People"),
    Named(GET_CLOUDY, "Marcus", "Tillery", "Head of Procurement", "Procurement"),
    Named(GET_CLOUDY, "Delphine", "Roux", "Brand Manager", "Marketing"),
    Named(GET_CLOUDY_EAST, "Lars", "Jonsson", "Facilities Manager", "Facilities"),
    Named("Saffron Air", "Ruth", "Alder", "Head of cabin crew services", "Cabin"),
    Named("Saffron Air", "Sam", "Ito", "Procurement", "Procurement"),
    Named("Saffron Air", "Ines", "Duarte", "Chief Operating Officer", "Executive"),
)
"""Aparna is not among them: adding her is a step of the exercise. Lars Jonsson is there to be mistaken for Lars."""

_EXTRA_CONTACTS = {GET_CLOUDY: 1, GET_CLOUDY_WEST: 0, GET_CLOUDY_EAST: 1, "Saffron Air": 2}
_RATINGS = ("Hot", "Warm", "Cold", None)
_SOURCES = ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other")
_OWNERSHIPS = ("Private", "Private", "Public", "Subsidiary", "Other")


@dataclass(frozen=True, slots=True)
class Customers:
    """The rows, and what deals look up in them."""

    accounts: list[Row] = field(repr=False)
    contacts: list[Row] = field(repr=False)
    account_by_name: Mapping[str, Row] = field(repr=False)
    contacts_of: Mapping[str, list[Row]] = field(repr=False)
    """Contact rows by account name."""
    contact_since: Mapping[str, datetime] = field(repr=False)
    """When each contact was made, by id."""

    def contact_ids(self, account: str) -> list[str]:
        """The ids of an account's contacts, by its name."""
        return [str(row["Id"]) for row in self.contacts_of[account]]


def build_customers(rng: Random, now: datetime, cast: Cast) -> Customers:
    """All accounts, parents first, and about three contacts each."""
    latest = now - QUIET_BEFORE_NOW
    accounts, contacts = RowMaker("Account"), RowMaker("Contact")
    by_name: dict[str, Row] = {}
    for number, company in enumerate(COMPANIES):
        created = work_moment(rng, now - timedelta(days=rng.randint(590, 1200)), latest)
        modified = work_moment(rng, now - timedelta(days=rng.randint(1, 400)), latest)
        parent = str(by_name[company.parent]["Id"]) if company.parent else None
        moments = (created, max(created, modified))
        by_name[company.name] = add_account(
            rng, accounts, number, company, parent, moments, cast.user_ids[company.owner]
        )
    names = _full_names(rng)
    contacts_of: dict[str, list[Row]] = {}
    for company in COMPANIES:
        contacts_of[company.name] = _add_contacts(rng, contacts, company, by_name[company.name], names, latest)
    since = {str(row["Id"]): datetime.fromisoformat(str(row["CreatedDate"])) for row in contacts.rows}
    return Customers(accounts.rows, contacts.rows, by_name, contacts_of, since)


def add_account(
    rng: Random,
    accounts: RowMaker,
    number: int,
    company: Company,
    parent: str | None,
    moments: tuple[datetime, datetime],
    owner: str,
) -> Row:
    """Append the account of a company. ``moments`` are its creation and its last change, the rest are ids."""
    place = PLACES[company.place]
    created, modified = moments
    street = place.street.format(rng.randint(2, 180))
    return accounts.add(
        {
            "Name": company.name,
            "Type": rng.choice(("Prospect", "Customer - Direct", "Customer - Direct", "Customer - Channel")),
            "ParentId": parent,
            "BillingStreet": street,
            "BillingCity": place.city,
            "BillingState": place.state,
            "BillingPostalCode": place.postal_code,
            "BillingCountry": place.country,
            "ShippingStreet": street if number % 3 else None,
            "ShippingCity": place.city if number % 3 else None,
            "ShippingState": place.state if number % 3 else None,
            "ShippingPostalCode": place.postal_code if number % 3 else None,
            "ShippingCountry": place.country if number % 3 else None,
            "Phone": place.phone.format(f"{rng.randint(0, 99):02d}"),
            "AccountNumber": f"TS-{1001 + number}",
            "Website": f"https://www.{company.slug}.example",
            "Industry": company.industry,
            "AnnualRevenue": float(company.size * rng.randint(60, 210) * 1000),
            "NumberOfEmployees": company.size,
            "Ownership": rng.choice(_OWNERSHIPS),
            "Description": "Said at the trade show that the whole team walks a lot." if number % 7 == 1 else None,
            "Rating": rng.choice(_RATINGS),
            "OwnerId": owner,
            "AccountSource": rng.choice(_SOURCES),
        },
        created=created,
        created_by=owner,
        modified=modified,
    )


def add_contact(
    rng: Random,
    contacts: RowMaker,
    company: Company,
    account: Row,
    person: Named,
    mailbox: str,
    superior: str | None,
    created: datetime,
) -> Row:
    """Append a person at a company. ``superior`` is the id of whom the person may report to."""
    place = PLACES[company.place]
    return contacts.add(
        {
            "AccountId": account["Id"],
            "FirstName": person.first,
            "LastName": person.last,
            "Name": f"{person.first} {person.last}",
            "Title": person.title,
            "Department": person.department,
            "Email": f"{mailbox}@{company.slug}.example",
            "Phone": place.phone.format(f"{rng.randint(0, 99):02d}"),
            "MailingStreet": account["BillingStreet"],
            "MailingCity": place.city,
            "MailingState": place.state,
            "MailingPostalCode": place.postal_code,
            "MailingCountry": place.country,
            "LeadSource": rng.choice(_SOURCES),
            "OwnerId": account["OwnerId"],
            "ReportsToId": superior if superior and rng.random() < 0.3 else None,
        },
        created=created,
        created_by=str(account["OwnerId"]),
    )


def _full_names(rng: Random) -> list[tuple[str, str]]:
    """First and last names, every pair once, in random order."""
    pairs = [(first, last) for first in FIRST_NAMES for last in LAST_NAMES]
    rng.shuffle(pairs)
    return pairs


def _add_contacts(
    rng: Random,
    contacts: RowMaker,
    company: Company,
    account: Row,
    names: list[tuple[str, str]],
    latest: datetime,
) -> list[Row]:
    added: list[Row] = []

    def add(first: str, last: str, title: str, department: str | None, mailbox: str) -> None:
        since = datetime.fromisoformat(str(account["CreatedDate"]))
        created = work_moment(rng, since + (latest - since) * (rng.random() * 0.8), latest)
        person = Named(company.name, first, last, title, department)
        first_there = str(added[0]["Id"]) if added else None
        added.append(add_contact(rng, contacts, company, account, person, mailbox, first_there, max(created, since)))

    for named in NAMED_CONTACTS:
        if named.account == company.name:
            add(named.first, named.last, named.title, named.department, f"{named.first}.{named.last}".lower())
    if company.place == "qingdao":
        for family, given, mailbox, title in CHINESE_CONTACTS:
            add(given, family, title, None, mailbox)
        return added
    for _ in range(_EXTRA_CONTACTS.get(company.name, rng.choice((2, 3, 3, 3, 4, 4)))):
        first, last = names.pop()
        title, department = rng.choice(TITLES)
        add(first, last, title, department, f"{first}.{last}".lower())
    return added
