"""The kinds of places that serve models: one file each, gathered in the catalogue."""
