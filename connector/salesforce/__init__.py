"""The Salesforce side: transport, login, REST client, and the remote replica on top of them."""
