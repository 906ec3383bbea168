"""A form as a template draws it: each field with what it shows, what is wrong with it and what others wrote. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from workflows.panels.fields import Field, Section, id_of
from workflows.panels.forms import Form, lies_in
from workflows.panels.kinds import KINDS
from workflows.panels.saving import form_name, written
from workflows.schema import AgentStep
from workflows.validation import Finding

GROUPS: Final = frozenset(
    {
        "picks",
        "tools",
        "handoff",
        "mapping",
        "condition",
        "branches",
        "answers",
        "count",
        "on_error",
        "wait",
        "schema",
        "inputs",
    }
)
"""Kinds of several controls, which a heading holds together."""
SINGLE: Final = {"integer": "number", "duration": "number"}
"""Kinds that share a template."""
_DEFAULTS: Final = AgentStep(id="a", type="agent", config={}).model_dump(mode="json")


@dataclass(frozen=True, slots=True)
class Part:
    """One field with everything that its template needs."""

    field: Field
    view: Mapping[str, Any]
    error: str
    wait: str
    theirs: str
    is_held: bool
    findings: tuple[Finding, ...]

    @property
    def id(self) -> str:
        """The id of the control, or of the group of controls."""
        return (
            id_of(str(self.view.get("name") or self.field.name))
            if self.field.kind == "sla"
            else self.field.id
        )

    @property
    def name(self) -> str:
        """The name of the control."""
        return str(self.view.get("name") or self.field.name) if self.field.kind == "sla" else self.field.name

    @property
    def is_group(self) -> bool:
        """Whether a heading holds several controls together."""
        return self.field.kind in GROUPS

    @property
    def template(self) -> str:
        """The template of its controls."""
        return f"workflows/panel/fields/{SINGLE.get(self.field.kind, self.field.kind)}.html"

    @property
    def is_faulty(self) -> bool:
        """Whether something is wrong here that forbids saving or publishing."""
        return bool(self.error or self.is_held or any(one.severity == "error" for one in self.findings))

    @property
    def is_marked(self) -> bool:
        """Whether anything is said below its controls."""
        return bool(self.error or self.wait or self.is_held or self.findings)

    @property
    def described_by(self) -> str:
        """The ids of the texts that say more of the control."""
        said = (
            ("help", self.field.help),
            ("error", self.error or self.wait),
            ("marks", self.findings),
            ("held", self.is_held),
        )
        return " ".join(f"{self.id}-{name}" for name, text in said if text)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A section with its parts. `is_set`: something in it is not as it is by itself."""

    section: Section
    parts: tuple[Part, ...]
    is_set: bool

    @property
    def is_open(self) -> bool:
        """Whether it is unfolded from the beginning."""
        return any(part.is_faulty or part.findings or part.wait for part in self.parts)


def draw(
    sections: Iterable[Section], form: Form, findings: Iterable[Finding], theirs: Mapping[str, str]
) -> list[Drawn]:
    """Every section with its fields as the form shows them."""
    found = list(findings)
    return [
        Drawn(
            section,
            tuple(_part(field, form, found, theirs) for field in section.fields),
            any(form.under(field.name) != written([field], _DEFAULTS).values for field in section.fields),
        )
        for section in sections
    ]


def elsewhere(sections: Iterable[Section], findings: Iterable[Finding]) -> list[Finding]:
    """The findings that belong to no field of the form."""
    names = [field.name for section in sections for field in section.fields]
    return [one for one in findings if not any(_is_at(one, name) for name in names)]


def _part(field: Field, form: Form, findings: list[Finding], theirs: Mapping[str, str]) -> Part:
    return Part(
        field=field,
        view=KINDS[field.kind].view(field, form),
        error=_said(form.faults, field.name),
        wait=_said(form.waits, field.name),
        theirs=theirs.get(field.name, ""),
        is_held=field.name in theirs,
        findings=tuple(one for one in findings if _is_at(one, field.name)),
    )


def _said(sentences: Mapping[str, str], name: str) -> str:
    """What is said of a field or of something in it."""
    return next((text for one, text in sentences.items() if lies_in(one, name)), "")


def _is_at(finding: Finding, name: str) -> bool:
    return bool(finding.field) and lies_in(form_name(finding.field), name)
