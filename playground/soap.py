"""The SOAP partner and enterprise APIs: envelopes, faults, and which operation goes where.

Clients look for tags by their text, so results carry no prefixes and faults are prefixed ``sf:`` (salesforce-api.md,
section 2.2).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from flask import Request, Response

from playground import auth, errors
from playground.xml_documents import DECLARATION, XmlRefused, escaped, local_name, parse

if TYPE_CHECKING:
    from playground.org import Org

KINDS: Mapping[str, str] = MappingProxyType({"u": "partner", "c": "enterprise"})
_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_XML_TYPE = "text/xml;charset=UTF-8"
_log = logging.getLogger(__name__)


class SoapFault(Exception):
    """A refusal: HTTP 500 and a fault. ``kind`` is the name of the fault's type."""

    def __init__(self, code: str, message: str, kind: str = "UnexpectedErrorFault") -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.kind = kind


class SessionFault(SoapFault):
    """A refusal of a call that needs a session. Clients look for the prefix ``sf:`` of its code."""


@dataclass(frozen=True, slots=True)
class Message:
    """One SOAP request. ``body`` is the element of the operation; header texts are by local name."""

    org: Org
    kind: str
    """``partner`` or ``enterprise``."""
    version: int
    base_url: str
    operation: str
    body: ElementTree.Element
    headers: Mapping[str, str]

    def text(self, name: str) -> str:
        """The text of a direct child of the operation; empty when it has none."""
        return next((child.text or "" for child in self.children(name)), "")

    def children(self, name: str) -> list[ElementTree.Element]:
        """The direct children of the operation that have that name."""
        return [child for child in self.body if local_name(child.tag) == name]


Operation = Callable[[Message], str | Sequence[str]]
"""Answers the inside of ``<result>``, an empty text for an operation that says nothing, or one text for each record."""


def answer(org: Org, request: Request, version: str, content: bytes, base_url: str) -> Response:
    """Answer ``POST /services/Soap/{u|c}/XX.0``."""
    kind = KINDS.get([part for part in request.path.split("/") if part][2])
    if kind is None or request.method != "POST":
        return Response(status=404 if kind is None else 405)
    try:
        message = _message(org, kind, version, content, base_url)
        result = _operation(message.operation)(message)
    except SoapFault as fault:
        return Response(fault_document(fault, kind), 500, {"Content-Type": _XML_TYPE})
    except Exception:
        _log.exception("The playground failed to answer a SOAP call.")
        unexpected = SoapFault("UNKNOWN_EXCEPTION", "An unexpected error occurred.")
        return Response(fault_document(unexpected, kind), 500, {"Content-Type": _XML_TYPE})
    return Response(_result_document(message, result), 200, {"Content-Type": _XML_TYPE})


def fault_document(fault: SoapFault, kind: str = "partner") -> str:
    """A fault as real orgs write it."""
    code, message = escaped(fault.code), escaped(fault.message)
    prefix = "sf:" if isinstance(fault, SessionFault) else ""
    return (
        f'{DECLARATION}<soapenv:Envelope xmlns:soapenv="{_ENVELOPE}" '
        f'xmlns:sf="urn:fault.{kind}.soap.sforce.com" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<soapenv:Body><soapenv:Fault><faultcode>{prefix}{code}</faultcode>"
        f"<faultstring>{code}: {message}</faultstring><detail>"
        f'<sf:{fault.kind} xsi:type="sf:{fault.kind}"><sf:exceptionCode>{code}</sf:exceptionCode>'
        f"<sf:exceptionMessage>{message}</sf:exceptionMessage></sf:{fault.kind}>"
        "</detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    )


def _result_document(message: Message, result: str | Sequence[str]) -> str:
    results = [result] if isinstance(result, str) else result
    wrapped = "".join(f"<result>{item}</result>" for item in results if item)
    return (
        f'{DECLARATION}<soapenv:Envelope xmlns:soapenv="{_ENVELOPE}" '
        f'xmlns="urn:{message.kind}.soap.sforce.com" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xmlns:sf="urn:sobject.{message.kind}.soap.sforce.com">'
        f"<soapenv:Body><{message.operation}Response>{wrapped}</{message.operation}Response></soapenv:Body>"
        "</soapenv:Envelope>"
    )


def _message(org: Org, kind: str, version: str, content: bytes, base_url: str) -> Message:
    number = re.fullmatch(r"(\d+)\.0", version)
    if number is None or not org.settings.first_version <= int(number[1]) <= org.settings.latest_version:
        raise SoapFault("UNSUPPORTED_API_VERSION", "Invalid Api version specified on URL")
    envelope = _parsed(content)
    body = next((part for part in envelope if local_name(part.tag) == "Body"), None)
    operation = next(iter(body), None) if body is not None else None
    if operation is None:
        raise SoapFault("UNKNOWN_EXCEPTION", "No operation available for request")
    header = next((part for part in envelope if local_name(part.tag) == "Header"), None)
    headers = {local_name(item.tag): item.text or "" for item in header.iter()} if header is not None else {}
    return Message(org, kind, int(number[1]), base_url, local_name(operation.tag), operation, headers)


def _parsed(content: bytes) -> ElementTree.Element:
    try:
        return parse(content)
    except XmlRefused as refusal:
        raise SoapFault("UNKNOWN_EXCEPTION", f"Error parsing the request: {refusal.message}") from None


def _operation(name: str) -> Operation:
    # Operations need this module for their texts, so they are looked up when they are called.
    from playground import partner
    from playground.login import soap_login

    operations: Mapping[str, Operation] = {**soap_login.OPERATIONS, **partner.OPERATIONS}
    found = operations.get(name)
    if found is None:
        raise SoapFault(
            "UNKNOWN_EXCEPTION", f"No operation available for request {{urn:partner.soap.sforce.com}}{name}"
        )
    return found


def session_of(message: Message) -> auth.Session:
    """The session of the session header; INVALID_SESSION_ID when there is none."""
    try:
        return auth.session_of(message.org, f"Bearer {message.headers.get('sessionId', '').strip()}")
    except errors.SessionInvalid:
        text = "Invalid Session ID found in SessionHeader: Illegal Session"
        raise SessionFault("INVALID_SESSION_ID", text) from None


def session_user(message: Message) -> str:
    """Who calls, by the session header."""
    return session_of(message).user_id
