"""What can be set about the playground org. Where no source says how a real org behaves, it is a setting here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Settings:
    """Constructor knobs of :class:`playground.org.Org`; the defaults are those of a Developer Edition org."""

    daily_api_calls: int = 15_000
    """Calls in any 24 hours; after that every call is answered 403 REQUEST_LIMIT_EXCEEDED."""
    daily_bulk_batches: int = 15_000
    daily_bulk_query_jobs: int = 10_000
    daily_bulk_query_mb: int = 976_562
    """Megabytes of Bulk API 2.0 query results in any 24 hours."""
    long_request_s: float = 20.0
    """A request that runs longer is a long one."""
    concurrent_long_requests: int = 5
    """Long requests that may run at once; while there are so many, others are refused."""
    visibility_delay_s: float = 0.0
    """After how many seconds queries, ``updated`` and ``deleted`` show what was committed; by id it shows at once."""
    recycle_bin_days: float = 15.0
    session_hours: float = 12.0
    """A session ends after this many hours without a call."""
    locator_hours: float = 48.0
    """How long a query locator lives."""
    open_locators: int = 10
    """Query locators a user may have open; the oldest is closed when one more is opened."""
    query_batch_size: int = 2_000
    """Rows of a query page when the request does not say; also the most a request may ask for."""
    query_batch_size_min: int = 200
    """The fewest rows of a page that a request may ask for; smaller wishes are raised to it. (unsourced)"""
    bulk_polls_in_progress: int = 0
    """How many looks at a bulk job find it in progress before one finds it finished."""
    bulk_seconds_in_progress: float = 0.0
    """How long, on the org's clock, a bulk job stays in progress after it was given to the org."""
    bulk_results_in_order: bool = False
    """Whether results of ingest jobs come in the order of the upload; a real org's do not."""
    bulk_page_rows: int = 50_000
    """Rows of a page of bulk query results when the request does not say. (unsourced)"""
    bulk_page_bytes: int = 16 * 1024 * 1024
    """A page of bulk query results ends when it is this long, also before maxRecords. (unsourced)"""
    bulk_job_days: int = 7
    """How long bulk jobs and their results are kept."""
    first_version: int = 31
    """The oldest version that answers; older ones are retired and answer 410."""
    latest_version: int = 67
    deprecated_through: int = 0
    """Versions up to this one answer with a warning that they will be removed; none are, at present."""
    retires_in: str = "Summer '27"
    """The release that the warning names."""
    last_soap_login_version: int = 64
    """The newest version in which SOAP login() still works."""
    logins_per_hour: int = 3_600
    """Log-ins of one user in a clock hour; after that they are refused."""
    flipped_roles_get_new_stamp: bool = True
    """Whether contact roles that lose or gain IsPrimary because of another row get a new SystemModstamp. (unknown)"""
    primary_contact_stamps_opportunity: bool = False
    """Whether an opportunity gets a new SystemModstamp when its primary contact changes. (unknown)"""
    closed_won_blocks_account_delete: bool = True
    deleted_log_days: int = 15
    updated_log_days: int = 30
    tracked_fields: tuple[str, ...] = (
        "Name",
        "StageName",
        "Amount",
        "CloseDate",
        "Probability",
        "ForecastCategoryName",
        "NextStep",
        "OwnerId",
        "AccountId",
    )
    """Fields of Opportunity whose changes are kept in OpportunityFieldHistory."""
    password: str = "cloudy-with-sneakers-1"  # noqa: S105 - the demo's password is public
    security_token: str = "playgroundtoken0000000001"  # noqa: S105
    client_id: str = "3MVG9.playground.connected.app"
    client_secret: str = "1234567890123456789"  # noqa: S105
    run_as_username: str | None = None
    """Who the client-credentials flow runs as; None is the org's first administrator."""

    def changed(self, changes: Mapping[str, Any]) -> Settings:
        """The settings with some other values; ValueError for a name or a kind of value that there is not."""
        kinds = {item.name: type(getattr(self, item.name)) for item in fields(self)}
        for name, value in changes.items():
            if name not in kinds:
                raise ValueError(f"There is no setting {name}; there are {', '.join(sorted(kinds))}.")
            number = kinds[name] is float and isinstance(value, (int, float)) and not isinstance(value, bool)
            if not number and type(value) is not kinds[name]:
                raise ValueError(f"The setting {name} takes a {kinds[name].__name__}, not {value!r}.")
        return replace(self, **changes)
