"""Local stage vocabularies with a mapping from the stages Salesforce ships with."""
