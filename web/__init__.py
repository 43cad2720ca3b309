"""The web pages and their JSON twins. No SQL, no rules, no calls to Salesforce: those are behind ``web.services``."""

from web.app import create_app

__all__ = ["create_app"]
