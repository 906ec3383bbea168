"""The errors a person may see.

Every class is one kind of refusal. Its sentence is written for the reader of a page or of an API answer, so it says
what is wrong and, where it can, how to mend it. Faces (pages, API, sockets) translate `status` and `code`; nobody else
needs to know about HTTP.
"""

from collections.abc import Sequence
from typing import Any, ClassVar


class ConvergioError(Exception):
    """Something went wrong that we can explain."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "error"

    def __init__(self, sentence: str | None = None, *, details: Sequence[dict[str, Any]] = ()) -> None:
        self.sentence = sentence or (self.__doc__ or "").strip().splitlines()[0]
        self.details = list(details)
        super().__init__(self.sentence)


class InvalidInput(ConvergioError):
    """What was sent cannot be used."""

    status = 422
    code = "invalid_input"


class NotSignedIn(ConvergioError):
    """Sign in or send a valid API key."""

    status = 401
    code = "not_signed_in"


class NotAllowed(ConvergioError):
    """Your role does not allow this."""

    status = 403
    code = "not_allowed"


class NotFound(ConvergioError):
    """There is no such thing here."""

    status = 404
    code = "not_found"


class Conflict(ConvergioError):
    """Somebody or something else was faster."""

    status = 409
    code = "conflict"


class TooLarge(ConvergioError):
    """What was sent is too large."""

    status = 413
    code = "too_large"


class TooMany(ConvergioError):
    """Too many requests; wait a moment and try again."""

    status = 429
    code = "too_many"


class Unavailable(ConvergioError):
    """A service that is needed does not answer; try again in a moment."""

    status = 503
    code = "unavailable"
