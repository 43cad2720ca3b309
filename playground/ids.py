"""Record ids: 15 case-sensitive base62 characters, and the three more that make them safe where case is lost.

The first three characters are the object's key prefix. Everything the API returns has 18 characters; both lengths are
accepted on input (salesforce-api 1.2).
"""

from __future__ import annotations

import re
from functools import cache

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_INSTANCE = "Fm0"
"""Characters 4 to 6 of every id: which instance made it. Mixed case, so that a reader who folds case is caught."""
_RUNNING_LENGTH = 9
_PAIRS = tuple(one + other for one in _BASE62 for other in _BASE62)
_TAIL = len(_BASE62) ** 5
_SHAPE = re.compile(r"[0-9A-Za-z]{15}(?:[A-Z0-5]{3})?")

_UPPER = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")

EMPTY_ID = "000000000000000AAA"
MASTER_RECORD_TYPE_ID = "012000000000000AAA"


def to_18(id15: str) -> str:
    """The 18-character form of a 15-character id."""
    return id15 + _check_of(id15[:5]) + _check_of(id15[5:10]) + _check_of(id15[10:15])


def make_id(prefix: str, number: int) -> str:
    """The 18-character id of an object's ``number``-th record. ``prefix`` is its key prefix, as ``006``."""
    if len(prefix) != 3:
        raise ValueError(f"A key prefix has three characters, not {prefix!r}.")
    if not 0 <= number < len(_BASE62) ** _RUNNING_LENGTH:
        raise ValueError(f"{number} does not fit into the running number of an id.")
    high, low = divmod(number, _TAIL)
    first, rest = divmod(low, len(_BASE62) ** 3)
    second, third = divmod(rest, len(_BASE62))
    tail = _PAIRS[first] + _PAIRS[second] + _BASE62[third]
    head, check = _head(prefix, high)
    return head + tail + check + _check_of(tail)


@cache
def _head(prefix: str, high: int) -> tuple[str, str]:
    """The first ten characters of ids, and the two that check them: a thousand million ids share them."""
    first, second = divmod(high, len(_PAIRS))
    head = prefix + _INSTANCE + _PAIRS[first] + _PAIRS[second]
    return head, _check_of(head[:5]) + _check_of(head[5:])


def running_number(record_id: str) -> int:
    """The number that :func:`make_id` made this id from."""
    number = 0
    for digit in record_id[15 - _RUNNING_LENGTH : 15]:
        number = number * len(_BASE62) + _BASE62.index(digit)
    return number


def is_id(text: str) -> bool:
    """Whether this is a well-formed id: 15 characters, or 18 with the right last three."""
    if not _SHAPE.fullmatch(text):
        return False
    return len(text) == 15 or to_18(text[:15]) == text


def _check_of(five: str) -> str:
    """The check character of five others: which of them are upper-case letters."""
    bits = (five[0] in _UPPER) + 2 * (five[1] in _UPPER) + 4 * (five[2] in _UPPER)
    return _CHECK[bits + 8 * (five[3] in _UPPER) + 16 * (five[4] in _UPPER)]
