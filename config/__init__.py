"""Data that ships, and the settings of a project. Standard library only; only ``forcemirror`` reads the settings."""
