"""Make a client for the org that a project's settings name. No call is made here."""

from __future__ import annotations

from connector.salesforce.auth import Login
from connector.salesforce.client import SalesforceClient
from connector.salesforce.origin import Profile
from connector.salesforce.transport import SalesforceSession, TransportSettings
from connector.salesforce.usage import Budget
from forcemirror import __version__
from forcemirror.project import Project


def transport_settings(project: Project) -> TransportSettings:
    """How to reach the org, from the project's settings alone."""
    settings = project.settings
    return TransportSettings(
        profile=Profile(settings.salesforce_kind),
        read_timeout_s=float(settings.salesforce_timeout_s),
        proxy=settings.salesforce_proxy or None,
        ca_file=str(project.ca_file) if project.ca_file else None,
        client_name=f"forcemirror/{__version__}",
        budget=Budget(org_share=settings.sync_calls_share_max),
    )


def client(project: Project, login: Login) -> SalesforceClient:
    """A client that logs in when it is first used."""
    session = SalesforceSession(login, transport_settings(project))
    return SalesforceClient(session, api_version=project.settings.salesforce_api_version)
