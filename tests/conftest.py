"""How many examples the property tests try. Choose with ``HYPOTHESIS_PROFILE``; a plain run is the same every time."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("dev", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))
