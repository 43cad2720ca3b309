"""Every way into an org: the OAuth flows, their pages, and SOAP ``login()`` (salesforce-api.md, section 2)."""
