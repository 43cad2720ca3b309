"""The SOAP partner API beyond logging in: merging, undeleting, converting leads, records and queries."""

from playground.partner.operations import OPERATIONS

__all__ = ["OPERATIONS"]
