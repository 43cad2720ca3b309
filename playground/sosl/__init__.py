"""SOSL for the playground org: ``FIND {words} IN … FIELDS RETURNING …``, and the parameterized search.

Searching is by whole words, as tables hold them: no synonyms, no stemming, no spelling correction, and no ranking by
relevance (results come in the order of their ids unless ORDER BY says otherwise). ``*`` inside or at the end of a word
stands for any letters, ``?`` for one. In Chinese, Japanese and Korean every character is a word, and a run of them a
phrase. Not reproduced: WITH clauses, list views, and subqueries in RETURNING.
"""

from playground.sosl.errors import SoslError
from playground.sosl.parse import Returning, Search, parse
from playground.sosl.search import run

__all__ = ["Returning", "Search", "SoslError", "parse", "run"]
