"""The web server: Daphne, with bodies left to Django alone. Run as `python -m convergio.web`, with Daphne's options.

Twisted would read every upload a second time, and answer one that it cannot read with nothing at all.
"""

from functools import partial

from daphne import http_protocol
from daphne.cli import CommandLineInterface


def main() -> None:
    """Serve until told to end."""
    http_protocol.WebRequest = partial(http_protocol.WebRequest, parsePOSTFormSubmission=False)  # type: ignore[misc,assignment]
    CommandLineInterface.entrypoint()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
