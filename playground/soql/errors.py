"""What a query is refused with: the code and the text of a real org (salesforce-api.md, section 5)."""

from __future__ import annotations

import re

_SNIPPET_REACH = 30
"""A real message shows the words within about 30 characters on either side of the place it points at."""
_BREAK = re.compile(r"[\s,]")


class SoqlError(Exception):
    """A refused query. ``code`` and ``message`` are what the REST body says; the HTTP status is always 400."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


def located(code: str, statement: str, position: int, detail: str) -> SoqlError:
    """An error that points at a place: snippet, caret, ``ERROR at Row:1:Column:8`` (both from 1), then ``detail``."""
    line_start = statement.rfind("\n", 0, position) + 1
    line_end = statement.find("\n", position)
    line = statement[line_start:] if line_end < 0 else statement[line_start:line_end]
    column = position - line_start
    row = statement.count("\n", 0, position) + 1
    start, end = _snippet_bounds(line, column)
    caret = " " * (column - start) + "^"
    return SoqlError(code, f"\n{line[start:end]}\n{caret}\nERROR at Row:{row}:Column:{column + 1}\n{detail}")


def _snippet_bounds(line: str, column: int) -> tuple[int, int]:
    """Whole words that reach at least the snippet's reach to both sides, or to the ends of the line."""
    start = max(column - _SNIPPET_REACH, 0)
    while start > 0 and not _BREAK.match(line[start - 1]):
        start -= 1
    end = min(column + _SNIPPET_REACH, len(line))
    while end < len(line) and not _BREAK.match(line[end]):
        end += 1
    return start, end


def unexpected_token(statement: str, position: int, token: str) -> SoqlError:
    """The parser's own complaint."""
    return located("MALFORMED_QUERY", statement, position, f"unexpected token: '{token}'")


def no_such_column(statement: str, position: int, name: str, object_name: str) -> SoqlError:
    """A field that the object does not have."""
    return located(
        "INVALID_FIELD",
        statement,
        position,
        f"No such column '{name}' on entity '{object_name}'. If you are attempting to use a custom field, be sure to "
        "append the '__c' after the custom field name. Please reference your WSDL or the describe call for the "
        "appropriate names.",
    )


def no_such_object(statement: str, position: int, name: str) -> SoqlError:
    """An object that the org does not have."""
    return located(
        "INVALID_TYPE",
        statement,
        position,
        f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to append the "
        "'__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.",
    )


def no_such_relationship(statement: str, position: int, name: str, where: str) -> SoqlError:
    """A relationship that the object does not have. ``where`` is ``field path`` or ``FROM part of query call``."""
    return located(
        "INVALID_FIELD",
        statement,
        position,
        f"Didn't understand relationship '{name}' in {where}. If you are attempting to use a custom relationship, be "
        "sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call "
        "for the appropriate names.",
    )


def forbidden_use(statement: str, position: int, field: str, use: str) -> SoqlError:
    """A field that cannot be used so; ``use`` is ``filtered``, ``sorted``, ``grouped`` or ``aggregated``."""
    return located("INVALID_FIELD", statement, position, f"field '{field}' can not be {use} in a query call")


def wrong_literal(statement: str, position: int, field: str, wanted: str) -> SoqlError:
    """A literal of another type than the field's."""
    rule = "should be enclosed in quotes" if wanted == "string" else "should not be enclosed in quotes"
    return located(
        "INVALID_FIELD",
        statement,
        position,
        f"value of filter criterion for field '{field}' must be of type {wanted} and {rule}",
    )


def invalid_filter(statement: str, position: int, detail: str) -> SoqlError:
    """An operator or a value that does not go with the field."""
    return located("INVALID_QUERY_FILTER_OPERATOR", statement, position, detail)


def too_complicated() -> SoqlError:
    """More conditions or values than one query may have."""
    return SoqlError(
        "QUERY_TOO_COMPLICATED",
        "Query is either selecting too many fields or the filter conditions are too complicated.",
    )
