"""Tools that agents and tool steps may call: one file each, gathered in the catalogue."""
