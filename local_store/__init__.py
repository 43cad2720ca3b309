"""The mirror in SQL: tables made from describe, change capture, the ledger, the journal. SQLAlchemy Core throughout."""
