"""The scenario that a new playground org begins with: Tessel Sneakers, its customers and its pipeline.

:func:`build` is a pure function of a seed and of the time that it is to be *now* in the org. Everything in it is
invented. The exercise *Get Cloudy West - 35 Custom Sneakers* is not done yet: the opportunity and the contact Aparna
are missing, the accounts Get Cloudy and Get Cloudy West and the contact Lars Johnson are there.
"""

from playground.seed.cast import INTEGRATION_USERNAME
from playground.seed.scenario import Dataset, build

__all__ = ["INTEGRATION_USERNAME", "Dataset", "build"]
