"""Practice exercises: steps, checks and hints, in each language."""
