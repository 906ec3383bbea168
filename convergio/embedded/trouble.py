"""What stops an embedded service, as a sentence for the person who started it."""


class Trouble(Exception):
    """An embedded service cannot start."""
