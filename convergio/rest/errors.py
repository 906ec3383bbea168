"""The one error format: {"error": {"code", "message", "details": [...]}}, whatever went wrong."""

import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError, ValidationError

from convergio.errors import (
    ConvergioError,
    InvalidInput,
    NotAllowed,
    NotFound,
    NotSignedIn,
    TooLarge,
    Unavailable,
)
from convergio.rest.limits import RateExceeded

log = logging.getLogger(__name__)

SENTENCES = {
    400: ("bad_request", "This request cannot be understood."),
    401: (NotSignedIn.code, "Sign in or send a valid API key as “Authorization: Bearer cvg_…”."),
    403: (NotAllowed.code, "This is not allowed."),
    404: (NotFound.code, "There is no such thing here."),
    405: ("method_not_allowed", "This address does not answer to that method."),
    413: (TooLarge.code, "What was sent is too large."),
    500: ("internal", "Something went wrong on our side; it was logged."),
}

NO_FILE = "Send one file that has a name, as multipart/form-data, in the field “file”."


class Problem(Schema):
    """What went wrong: a stable code, a sentence for people, and what each field has to do with it."""

    code: str
    message: str
    details: list[dict[str, Any]] = []


class ErrorBody(Schema):
    """The body of every answer from 400 upwards."""

    error: Problem


def answer(status: int, code: str, message: str, details: Sequence[dict[str, Any]] = ()) -> JsonResponse:
    """Return an error in the one format."""
    body = {"error": {"code": code, "message": message, "details": list(details)}}
    return JsonResponse(body, status=status)


def answer_for(error: ConvergioError) -> JsonResponse:
    """Return the answer for one of our own errors."""
    response = answer(error.status, error.code, error.sentence, error.details)
    if isinstance(error, RateExceeded):
        response["Retry-After"] = str(error.retry_after)
    if error.status >= 500:
        log.warning("%s: %s", error.code, error.sentence)
    return response


def answer_with(status: int) -> JsonResponse:
    """Return the answer for a bare status."""
    known = status if status in SENTENCES else 400 if status < 500 else 500
    code, message = SENTENCES[known]
    if known != status:
        message = f"{HTTPStatus(status).phrase}."
    return answer(status, code, message)


def install(api: NinjaAPI) -> None:
    """Have every exception in a route answered in the one format."""
    api.add_exception_handler(ConvergioError, _ours)
    api.add_exception_handler(ValidationError, _unfitting)
    api.add_exception_handler(HttpError, _by_status)
    api.add_exception_handler(Http404, lambda request, error: answer_with(404))
    api.add_exception_handler(RequestDataTooBig, lambda request, error: answer_with(413))
    api.add_exception_handler(SuspiciousOperation, lambda request, error: answer_with(400))
    api.add_exception_handler(MultiPartParserError, _unreadable_upload)
    api.add_exception_handler(DataError, _unstorable)
    api.add_exception_handler(OperationalError, _database_away)
    api.add_exception_handler(InterfaceError, _database_away)
    api.add_exception_handler(Exception, _unexpected)


def _ours(request: HttpRequest, error: Any) -> HttpResponse:
    return answer_for(error)


def _unfitting(request: HttpRequest, error: Any) -> HttpResponse:
    if any(fault["loc"][0] == "file" for fault in error.errors):
        return answer(422, InvalidInput.code, NO_FILE, [{"field": "file", "message": NO_FILE}])
    details = [{"field": _place(fault["loc"]), "message": fault["msg"]} for fault in error.errors[:50]]
    first = details[0] if details else {"field": "body", "message": "cannot be used"}
    return answer(422, InvalidInput.code, f"{first['field']}: {first['message']}.", details)


def _place(location: Sequence[Any]) -> str:
    """Return the place of a fault as the caller wrote it, without the name of our own parameter."""
    parts = [str(part) for part in location]
    known = parts[2:] if parts[:1] == ["body"] else parts[1:]
    return ".".join(part for part in known if part not in ("paging", "filters")) or parts[0]


def _by_status(request: HttpRequest, error: Any) -> HttpResponse:
    cause = error.__cause__
    if isinstance(cause, ConvergioError):
        return answer_for(cause)
    if error.status_code == 403:
        return answer(403, "csrf", "The CSRF token is missing or wrong; send it as the header X-CSRFToken.")
    return answer_with(error.status_code)


def _unreadable_upload(request: HttpRequest, error: Any) -> HttpResponse:
    sentence = (
        "The body is no readable multipart/form-data; its header must name the boundary between its parts."
    )
    return answer(400, "malformed_multipart", sentence)


def _unstorable(request: HttpRequest, error: Any) -> HttpResponse:
    log.warning("refused by the database: %s", error)
    return answer(422, InvalidInput.code, "A value is too large or holds characters that cannot be stored.")


def _database_away(request: HttpRequest, error: Any) -> HttpResponse:
    log.error("the database does not answer: %s", error)
    return answer_for(Unavailable("The database does not answer; try again in a moment."))


def _unexpected(request: HttpRequest, error: Any) -> HttpResponse:
    log.error("unexpected error at %s %s", request.method, request.path, exc_info=error)
    return answer_with(500)
