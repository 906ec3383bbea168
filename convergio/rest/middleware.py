"""Keeps the error format for what never reaches a route: unknown addresses, wrong methods, refused hosts."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from convergio.rest.errors import answer, answer_with

PREFIX = "/api/"


class ApiErrors:
    """Turns any error answer under /api/ that is no JSON into the one format."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; NUL in an address is refused before anybody looks."""
        if not request.path.startswith(PREFIX):
            return self.get_response(request)
        if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return answer(400, "bad_request", "An address cannot hold NUL characters.")
        response = self.get_response(request)
        if response.status_code < 400 or response.get("Content-Type", "").startswith("application/json"):
            return response
        translated = answer_with(response.status_code)
        for header in ("Allow", "Retry-After"):
            if header in response:
                translated[header] = response[header]
        return translated
