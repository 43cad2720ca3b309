"""The playground org: a local server that speaks the Salesforce REST API. It shares no code with the rest."""
