"""How many examples a property gets: its own number in a plain run, and at least the profile's in a long one."""

from __future__ import annotations

from hypothesis import settings

PLAIN = "dev"


def examples(plain: int) -> int:
    """``plain`` in the plain profile; in any other the larger of ``plain`` and what the profile says."""
    if settings.get_current_profile_name() == PLAIN:
        return plain
    return max(plain, settings().max_examples)
