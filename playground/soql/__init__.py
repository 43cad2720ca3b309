"""SOQL for the playground org: a grammar, a binder, a compiler to SQLite, and the shape of answers.

``parse`` knows the language, ``bind`` the schema, ``compile`` the database, ``shape`` the JSON. What is not reproduced:
DISTANCE in the SELECT list, WITH DATA CATEGORY, and scopes other than ``mine`` and ``everything``.
"""

from playground.soql.ast import Query
from playground.soql.context import QueryContext
from playground.soql.engine import Prepared, QueryEngine, Reading
from playground.soql.errors import SoqlError
from playground.soql.parse import parse

__all__ = ["Prepared", "Query", "QueryContext", "QueryEngine", "Reading", "SoqlError", "parse"]
