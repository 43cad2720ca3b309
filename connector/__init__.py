"""The connector: the sync core (``connector.sync``) and the Salesforce client (``connector.salesforce``)."""
