"""Words for picklist values in other languages than English, as ``toLabel`` shows them.

Simplified Chinese only: the working labels of salesforce-api.md, section 15. They are a translation of ours, not
Salesforce's own (none was found).
"""

from __future__ import annotations

from collections.abc import Mapping

Labels = Mapping[tuple[str, str], Mapping[str, str]]

_STAGES = {
    "Prospecting": "潜在客户发掘",
    "Qualification": "资格认证",
    "Needs Analysis": "需求分析",
    "Value Proposition": "价值主张",
    "Id. Decision Makers": "确定决策者",
    "Perception Analysis": "认知分析",
    "Proposal/Price Quote": "提案/报价",
    "Negotiation/Review": "谈判/审核",
    "Closed Won": "已结束并赢得客户",
    "Closed Lost": "已结束但客户丢失",
}
_ROLES = {
    "Business User": "业务用户",
    "Decision Maker": "决策者",
    "Economic Buyer": "经济购买者",
    "Economic Decision Maker": "经济决策者",
    "Evaluator": "评估者",
    "Executive Sponsor": "执行发起人",
    "Influencer": "影响者",
    "Technical Buyer": "技术购买者",
    "Other": "其他",
}
_LANGUAGES: Mapping[str, Labels] = {
    "zh_CN": {
        ("Opportunity", "StageName"): _STAGES,
        ("OpportunityHistory", "StageName"): _STAGES,
        ("OpportunityContactRole", "Role"): _ROLES,
    }
}


def labels_in(language: str) -> Labels:
    """Labels by (object, field) and value in a language such as ``zh_CN``; empty where the schema's own stand."""
    return _LANGUAGES.get(language, {})
