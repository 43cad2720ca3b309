"""Names of Salesforce's things in the page's language: stages, roles, categories, fields, objects.

The org is the authority for its labels. Where its label is still Salesforce's English default, Chinese pages show the
usual Chinese word, with the API value beside it; a label that the org chose is shown as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import g

from local_store.store import Store
from web.words import gettext, pgettext


@dataclass(frozen=True, slots=True)
class Name:
    """What to show for a picklist value, and the API value to show beside it where they differ."""

    label: str
    api: str


def stage(store: Store, api_name: str) -> Name:
    """The name of an org stage."""
    return _name(_labels(store, "Opportunity", "StageName").get(api_name, api_name), api_name, _standard("stage"))


def role(store: Store, api_name: str) -> Name:
    """The name of a contact role."""
    labels = _labels(store, "OpportunityContactRole", "Role")
    return _name(labels.get(api_name, api_name), api_name, _standard("role"))


def category(name: str) -> str:
    """The name of a forecast category."""
    return _standard("category").get(name, name)


def _name(label: str, api_name: str, standard: Mapping[str, str]) -> Name:
    if label == api_name:
        label = standard.get(api_name, label)
    return Name(label, api_name)


def _labels(store: Store, object_name: str, field: str) -> Mapping[str, str]:
    mapping = store.objects.get(object_name)
    found = mapping.by_name.get(field) if mapping else None
    return {item.value: item.label for item in found.picklist} if found else {}


def _standard(kind: str) -> Mapping[str, str]:
    known: dict[str, Mapping[str, str]] = g.setdefault("standard_words", {})
    if kind not in known:
        known[kind] = {"stage": _stages, "role": _roles, "category": _categories}[kind]()
    return known[kind]


def _stages() -> Mapping[str, str]:
    return {
        "Prospecting": pgettext("stage", "Prospecting"),
        "Qualification": pgettext("stage", "Qualification"),
        "Needs Analysis": pgettext("stage", "Needs Analysis"),
        "Value Proposition": pgettext("stage", "Value Proposition"),
        "Id. Decision Makers": pgettext("stage", "Id. Decision Makers"),
        "Perception Analysis": pgettext("stage", "Perception Analysis"),
        "Proposal/Price Quote": pgettext("stage", "Proposal/Price Quote"),
        "Negotiation/Review": pgettext("stage", "Negotiation/Review"),
        "Closed Won": pgettext("stage", "Closed Won"),
        "Closed Lost": pgettext("stage", "Closed Lost"),
    }


def _roles() -> Mapping[str, str]:
    return {
        "Business User": pgettext("role", "Business User"),
        "Decision Maker": pgettext("role", "Decision Maker"),
        "Economic Buyer": pgettext("role", "Economic Buyer"),
        "Economic Decision Maker": pgettext("role", "Economic Decision Maker"),
        "Evaluator": pgettext("role", "Evaluator"),
        "Executive Sponsor": pgettext("role", "Executive Sponsor"),
        "Influencer": pgettext("role", "Influencer"),
        "Technical Buyer": pgettext("role", "Technical Buyer"),
        "Other": pgettext("role", "Other"),
    }


def _categories() -> Mapping[str, str]:
    return {
        "Omitted": pgettext("category", "Omitted"),
        "Pipeline": pgettext("category", "Pipeline"),
        "Best Case": pgettext("category", "Best Case"),
        "Most Likely": pgettext("category", "Most Likely"),
        "Commit": pgettext("category", "Commit"),
        "Closed": pgettext("category", "Closed"),
    }


def field(store: Store, object_name: str, name: str) -> str:
    """The label of a field."""
    words = _fields()
    key = (object_name, name)
    if key in words:
        return words[key]
    if ("", name) in words:
        return words["", name]
    mapping = store.objects.get(object_name)
    found = mapping.by_name.get(name) if mapping else None
    return found.label if found else name


def _fields() -> Mapping[tuple[str, str], str]:
    return {
        ("Opportunity", "Name"): pgettext("opportunity", "Name"),
        ("Account", "Name"): pgettext("account", "Name"),
        ("", "AccountId"): gettext("Account"),
        ("", "OwnerId"): gettext("Owner"),
        ("", "Amount"): gettext("Amount"),
        ("", "CloseDate"): gettext("Close date"),
        ("", "StageName"): gettext("Stage"),
        ("", "Probability"): gettext("Probability"),
        ("", "ForecastCategoryName"): gettext("Forecast category"),
        ("", "ForecastCategory"): gettext("Forecast category"),
        ("", "ExpectedRevenue"): gettext("Expected revenue"),
        ("", "NextStep"): gettext("Next step"),
        ("", "Type"): gettext("Type"),
        ("", "LeadSource"): gettext("Lead source"),
        ("", "Description"): gettext("Description"),
        ("", "TotalOpportunityQuantity"): gettext("Quantity"),
        ("", "ContactId"): gettext("Contact"),
        ("", "OpportunityId"): gettext("Opportunity"),
        ("", "Role"): gettext("Role"),
        ("", "IsPrimary"): gettext("Primary"),
        ("", "FirstName"): gettext("First name"),
        ("", "LastName"): gettext("Last name"),
        ("", "Title"): gettext("Title"),
        ("", "Email"): gettext("E-mail"),
        ("", "Phone"): gettext("Phone"),
        ("", "Industry"): gettext("Industry"),
        ("", "IsPrivate"): gettext("Private"),
    }


def object_name(name: str) -> str:
    """The name of an object."""
    known = {
        "Account": gettext("Account"),
        "Contact": gettext("Contact"),
        "Opportunity": gettext("Opportunity"),
        "OpportunityContactRole": gettext("Contact role"),
        "OpportunityStage": gettext("Opportunity stage"),
        "OpportunityHistory": gettext("Opportunity history"),
        "OpportunityFieldHistory": gettext("Field history"),
        "RecordType": gettext("Record type"),
        "User": gettext("User"),
        "UserRole": gettext("User role"),
        "Organization": gettext("Organization"),
        "Task": gettext("Task"),
        "Event": gettext("Event"),
    }
    return known.get(name, name)


def environment(kind: str) -> str:
    """The word on the environment badge."""
    return {
        "production": gettext("Production"),
        "sandbox": gettext("Sandbox"),
        "playground": gettext("Playground"),
    }[kind]
