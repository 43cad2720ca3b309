"""SOAP ``login()``, ``logout()`` and the two calls that tell who one is and what time it is."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from playground import auth, errors, hosts
from playground.login import people
from playground.soap import Message, Operation, SoapFault, session_user
from playground.xml_documents import element

if TYPE_CHECKING:
    from playground.store import Row

_WRONG = "Invalid username, password, security token; or user locked out."
_ATTACHMENT_BYTES_MAX = 26_214_400


def login(message: Message) -> str:
    """A session for a user name and a password with the security token behind it; not from version 65 on."""
    org = message.org
    if message.version > org.settings.last_soap_login_version:
        raise SoapFault(
            "INVALID_OPERATION",
            f"The SOAP Login operation is not available in the API version specified ({message.version}.0). "
            "Refer to the documentation for supported versions.",
            "ApiFault",
        )
    scope = message.headers.get("organizationId", "").strip()
    if scope and scope not in (org.organization_id, org.organization_id[:15]):
        raise SoapFault("INVALID_LOGIN", _WRONG, "LoginFault")
    username, password = message.text("username"), message.text("password")
    try:
        # With an organization id the address is trusted, and the token is not asked for.
        user = (people.at_the_browser if scope else people.by_password)(org, username, password)
    except errors.OAuthError as error:
        if error.error == "rate_limit_exceeded":
            raise SoapFault("LOGIN_RATE_EXCEEDED", "login rate exceeded", "LoginFault") from None
        raise SoapFault("INVALID_LOGIN", _WRONG, "LoginFault") from None
    session = auth.open_session(org, str(user["Id"]))
    base_url = hosts.instance_url(org, message.base_url)
    place = f"{message.version}.0/{org.organization_id[:15]}"
    letter = "u" if message.kind == "partner" else "c"
    return "".join(
        (
            element("metadataServerUrl", f"{base_url}/services/Soap/m/{place}"),
            element("passwordExpired", False),
            element("sandbox", bool(org.organization()["IsSandbox"])),
            element("serverUrl", f"{base_url}/services/Soap/{letter}/{place}"),
            element("sessionId", session.token),
            element("userId", user["Id"]),
            f"<userInfo>{_user_info(message, user)}</userInfo>",
        )
    )


def logout(message: Message) -> str:
    """End the session of the header."""
    session_user(message)
    auth.close_session(message.org, message.headers["sessionId"].strip())
    return ""


def user_info(message: Message) -> str:
    """``getUserInfo()``."""
    return _user_info(message, message.org.user(session_user(message)))


def server_timestamp(message: Message) -> str:
    """``getServerTimestamp()``."""
    session_user(message)
    return element("timestamp", message.org.now().strftime("%Y-%m-%dT%H:%M:%S.000Z"))


def _user_info(message: Message, user: Row) -> str:
    org = message.org
    organization = org.organization()
    currency = organization.get("DefaultCurrencyIsoCode") or "USD"
    values: dict[str, Any] = {
        "accessibilityMode": False,
        "chatterExternal": False,
        "currencySymbol": {"USD": "$", "EUR": "€", "GBP": "£", "CNY": "CN¥"}.get(str(currency), currency),
        "orgAttachmentFileSizeLimit": _ATTACHMENT_BYTES_MAX,
        "orgDefaultCurrencyIsoCode": currency,
        "orgDefaultCurrencyLocale": user["LocaleSidKey"],
        "orgDisallowHtmlAttachments": False,
        "orgHasPersonAccounts": False,
        "organizationId": org.organization_id,
        "organizationMultiCurrency": False,
        "organizationName": organization["Name"],
        "profileId": user.get("ProfileId"),
        "roleId": user.get("UserRoleId"),
        "sessionSecondsValid": int(org.settings.session_hours * 3600),
        "userDefaultCurrencyIsoCode": None,
        "userEmail": user["Email"],
        "userFullName": user["Name"],
        "userId": user["Id"],
        "userLanguage": user["LanguageLocaleKey"],
        "userLocale": user["LocaleSidKey"],
        "userName": user["Username"],
        "userTimeZone": user["TimeZoneSidKey"],
        "userType": "Standard",
        "userUiSkin": "Theme3",
    }
    return "".join(element(name, value) for name, value in values.items())


OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        "login": login,
        "logout": logout,
        "getUserInfo": user_info,
        "getServerTimestamp": server_timestamp,
    }
)
