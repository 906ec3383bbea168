"""What is wrong with a definition, in one place for page, API, import and generation. Pure.

`validate` takes a definition that could be read; `check_document` takes anything.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final

from convergio.errors import InvalidInput
from workflows.schema import Definition, parse_definition
from workflows.validation.catalogue import CATALOGUE, Severity
from workflows.validation.comparing import check_comparing
from workflows.validation.config import check_config
from workflows.validation.existing import check_existing
from workflows.validation.findings import Finding, finding
from workflows.validation.flow import check_flow
from workflows.validation.known import AgentFacts, Known
from workflows.validation.names import check_names
from workflows.validation.references import check_references
from workflows.validation.structure import check_structure
from workflows.validation.subject import Subject

__all__ = [
    "CATALOGUE",
    "AgentFacts",
    "Finding",
    "Known",
    "Severity",
    "check_document",
    "errors_in",
    "validate",
]

CHECKS: Final[tuple[Callable[[Subject], Iterator[Finding]], ...]] = (
    check_names,
    check_structure,
    check_flow,
    check_config,
    check_references,
    check_comparing,
    check_existing,
)

MAX_FINDINGS: Final = 200
"""What one kind of check tells at most; who mends these learns of the next."""

_RANK: Final = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def validate(definition: Definition, known: Known | None = None) -> list[Finding]:
    """Everything to mend, errors first, each kind in the order of the steps."""
    subject = Subject(definition, known or Known())
    found = dict.fromkeys(one for check in CHECKS for one in islice(check(subject), MAX_FINDINGS))
    place = {step.id: number for number, step in enumerate(definition.steps)}
    return sorted(found, key=lambda one: (_RANK[one.severity], place.get(one.step_id or "", -1)))


def check_document(document: object, known: Known | None = None) -> tuple[Definition | None, list[Finding]]:
    """The definition that a document holds (None when it cannot be read) and everything to mend in it."""
    try:
        definition = parse_definition(document)
    except InvalidInput as error:
        return None, list(_unreadable(error))
    return definition, validate(definition, known)


def errors_in(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that forbid publishing."""
    return [one for one in findings if one.severity is Severity.ERROR]


def _unreadable(error: InvalidInput) -> Iterator[Finding]:
    for detail in error.details or [{"location": "", "step": None, "message": error.sentence}]:
        place = str(detail["location"])
        facts = {"reason": detail["message"], "place": place or "its beginning"}
        yield finding("unreadable", detail.get("step"), place, **facts)
