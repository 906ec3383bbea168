"""Runs as they were written, one JSON file for each shape: definition, commands, events, rows and end.

Whatever engine comes later must be able to load them at every point and to bring them to their ends, because runs like
them lie in people's databases. Files that are here are never changed. `python -m tests.histories` writes the ones that
are missing, from `scenes.py`.
"""
