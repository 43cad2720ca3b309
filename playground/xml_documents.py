"""XML as the org's XML surfaces read and write it: no document type is accepted, so no entity is ever expanded."""

from __future__ import annotations

from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

XSI = "http://www.w3.org/2001/XMLSchema-instance"
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
_NOT_XML = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])


class XmlRefused(Exception):
    """A document that cannot be read; ``message`` says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class _NoDoctype(ElementTree.TreeBuilder):
    def doctype(self, _name: str, _public: str | None, _system: str | None) -> None:
        raise XmlRefused("A document type is not allowed")


def parse(content: bytes) -> ElementTree.Element:
    """The root of a document in any encoding that it declares; XmlRefused for what is none."""
    parser = ElementTree.XMLParser(target=_NoDoctype())  # noqa: S314 - stops at a document type, before its entities
    try:
        parser.feed(content)
        root: ElementTree.Element = parser.close()
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise XmlRefused(str(error)) from None
    return root


def local_name(tag: str) -> str:
    """A tag without its namespace."""
    return tag.rpartition("}")[2]


def namespace(tag: str) -> str:
    """The namespace of a tag; empty when it has none."""
    return tag[1:].partition("}")[0] if tag.startswith("{") else ""


def is_nil(item: ElementTree.Element) -> bool:
    """Whether an element says ``xsi:nil``."""
    return item.get(f"{{{XSI}}}nil") in ("true", "1")


def text_of(item: ElementTree.Element) -> str | None:
    """What an element says; None when it is nil."""
    return None if is_nil(item) else item.text or ""


def element(name: str, value: object, **attributes: str) -> str:
    """``<name>value</name>``; booleans as XML writes them, None as nil. The name is ours, the value anything."""
    noted = "".join(f" {key.replace('_', ':')}={quoteattr(text)}" for key, text in attributes.items())
    if value is None:
        return f'<{name}{noted} xsi:nil="true"/>'
    text = ("false", "true")[value] if isinstance(value, bool) else str(value)
    return f"<{name}{noted}>{escaped(text)}</{name}>"


def escaped(text: str) -> str:
    """Text for the inside of an element, without the characters that XML cannot say."""
    return escape(text.translate(_NOT_XML), {"\r": "&#13;"})
