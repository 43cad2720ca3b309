"""Labels of objects, fields and picklist values in the language of the user.

Simplified Chinese for what a pipeline is about, from salesforce-api.md, section 15: object names as Salesforce's own
Chinese pages have them, the rest working labels that are not Salesforce's. What has no translation stays English, as in
a real org. Labels of custom fields are never translated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from playground.schema import Field, ObjectType, Schema
from playground.soql.translations import Labels, labels_in

_OBJECTS: Mapping[str, Mapping[str, str]] = {
    "zh_CN": {
        "Account": "客户",
        "Contact": "联系人",
        "Lead": "潜在客户",
        "Opportunity": "业务机会",
        "OpportunityContactRole": "业务机会联系人角色",
        "OpportunityStage": "业务机会阶段",
    }
}
_FIELDS: Mapping[str, Mapping[tuple[str, str], str]] = {
    "zh_CN": {
        ("Opportunity", "Name"): "业务机会名",
        ("Opportunity", "CloseDate"): "结束日期",
        ("Opportunity", "Amount"): "金额",
        ("Opportunity", "Probability"): "可能性(%)",
        ("Opportunity", "StageName"): "阶段",
        ("Opportunity", "ExpectedRevenue"): "预期收入",
        ("Opportunity", "NextStep"): "下一步",
        ("Opportunity", "LeadSource"): "潜在客户来源",
        ("Opportunity", "ForecastCategoryName"): "预测类别",
        ("Opportunity", "OwnerId"): "业务机会所有人",
        ("OpportunityContactRole", "IsPrimary"): "主要",
        ("OpportunityContactRole", "Role"): "角色",
    }
}


def schema_in(schema: Schema, language: str) -> Schema:
    """The schema with labels in a language such as ``zh_CN``."""
    if language not in _OBJECTS:
        return schema
    return Schema(tuple(object_in(item, language) for item in schema.objects))


def object_in(item: ObjectType, language: str) -> ObjectType:
    """One object with labels in a language; Chinese has no plural."""
    if language not in _OBJECTS:
        return item
    label = _OBJECTS[language].get(item.name)
    values = labels_in(language)
    return replace(
        item,
        label=label or item.label,
        label_plural=label or item.label_plural,
        fields=tuple(_field_in(item, field, _FIELDS[language], values) for field in item.fields),
    )


def _field_in(item: ObjectType, field: Field, labels: Mapping[tuple[str, str], str], values: Labels) -> Field:
    key = (item.name, field.name)
    words = values.get(key)
    if key not in labels and not words:
        return field
    entries = field.picklist
    if words:
        entries = tuple(replace(entry, label=words.get(entry.value, entry.label)) for entry in entries)
    return replace(field, label=labels.get(key, field.label), picklist=entries)
