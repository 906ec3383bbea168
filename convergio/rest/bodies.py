"""Reading what was sent: JSON with bounds, unknown keys refused by name."""

import json
from typing import Any, ClassVar, NoReturn

from django.http import HttpRequest
from ninja import Schema
from ninja.parser import Parser
from pydantic import ConfigDict

from convergio import checks
from convergio.errors import ConvergioError, InvalidInput

MAX_DEPTH = 80


class MalformedJson(ConvergioError):
    """The body is no JSON."""

    status = 400
    code = "malformed_json"


class Body(Schema):
    """What a request carries; keys that it does not know are refused by name."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


class StrictParser(Parser):
    """Refuses, in sentences, what cannot be stored: NUL, half surrogates, NaN, endless nesting."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return the JSON value of a body. Raises MalformedJson or InvalidInput."""
        return read_json(request.body)


def read_json(raw: bytes) -> Any:
    """Return the JSON value of some bytes. Raises MalformedJson or InvalidInput."""
    try:
        value = json.loads(raw, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise MalformedJson(f"The body is no JSON: {error.msg} in {where}.") from error
    except RecursionError as error:
        raise InvalidInput(f"The body is nested more than {MAX_DEPTH} levels deep.") from error
    except ValueError as error:
        raise MalformedJson("The body is no JSON: it must be UTF-8 with numbers of a usual size.") from error
    return checks.json_document(value, field="body", most_bytes=20_000_000, most_depth=MAX_DEPTH)


def _no_constant(name: str) -> NoReturn:
    raise InvalidInput(f"{name} is no JSON number.")
