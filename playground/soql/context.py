"""What a query's meaning depends on besides its text: the time, the user and the org's settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

SUNDAY = 6


@dataclass(frozen=True)
class QueryContext:
    """``now`` is aware; ``fiscal_start_month`` is 1 to 12; ``api_version`` as in URLs (``67.0``).

    ``include_deleted`` is the difference between ``/queryAll`` and ``/query``. ``labels`` has, by (object, field), the
    user's words for picklist values; where it is silent the schema's own labels stand. ``first_weekday`` is where
    THIS_WEEK begins, from 0 for Monday to 6 for Sunday. ``fiscal_year_by_start`` is the organization's
    UsesStartDateAsFiscalYearName: whether FISCAL_YEAR is called after the year it begins in, not the one it ends in.
    ``locale`` (``en_GB``) says how FORMAT writes. ``currencies`` has, in an org with several, the units of each for one
    of the corporate currency, by ISO code; it is empty in an org with one currency.
    """

    now: datetime
    time_zone: ZoneInfo
    fiscal_start_month: int
    user_id: str
    api_version: str
    include_deleted: bool
    labels: Mapping[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    first_weekday: int = SUNDAY
    fiscal_year_by_start: bool = False
    locale: str = "en_US"
    currencies: Mapping[str, float] = field(default_factory=dict)
    corporate_currency: str = "USD"
    user_currency: str = "USD"
