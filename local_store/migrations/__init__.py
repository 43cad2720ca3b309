"""How the database became what it is, step by step. Each file is one step; ``local_store.migrate`` runs them."""
