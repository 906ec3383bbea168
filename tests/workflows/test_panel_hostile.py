"""Nothing that a person or a program sends to a panel breaks it."""

import time
from itertools import cycle, islice
from urllib.parse import urlencode

import pytest
from django.test import Client

from tests.pages import browser
from tests.people import Cast
from tests.thorough import THOROUGH
from tests.workflows.panels import HTMX, address, form_of, make_every, opened
from workflows.models import DraftChange, Workflow

pytestmark = pytest.mark.django_db

NASTY = [
    "\x00",
    "<script>alert(1)</script>",
    "${",
    "${steps..output}",
    "{" * 3000,
    "[" * 3000,
    "9" * 5000,
    "\u202e",
    "' OR 1=1 --",
    "__proto__",
    "a" * 60_000,
]


@pytest.fixture
def every(cast: Cast) -> Workflow:
    return make_every(cast)


@pytest.fixture
def cleo(cast: Cast) -> Client:
    return browser(cast.cleo)


def as_it_was(every: Workflow) -> None:
    """Take back what was saved so far."""
    DraftChange.objects.filter(workflow=every).delete()
    Workflow.objects.filter(pk=every.pk).update(draft=every.draft, draft_revision=0)


@pytest.mark.parametrize("step", ["", "research", "gate"])
def test_no_text_in_any_field_breaks_a_panel(cleo: Client, every: Workflow, step: str) -> None:
    """Each field is sent another text each time; with the thorough profile each of them."""
    for turn in range(0, len(NASTY), 1 if THOROUGH else 3):
        as_it_was(every)
        form = form_of(opened(cleo, step))
        fields = [name for name in form if name not in ("csrfmiddlewaretoken", "base")]
        nasty = dict(zip(fields, islice(cycle(NASTY), turn, None), strict=False))
        answer = cleo.post(address(step), nasty | {"base": form["base"], "do": ""}, headers=HTMX)
        assert answer.status_code == 200, turn
        assert "<script>alert" not in answer.content.decode(), turn
        assert cleo.get(address(step), headers=HTMX).status_code in (200, 404), turn


FORMS: list[dict[str, str]] = [
    {"base": "{"},
    {"base": "[1]"},
    {"base": '{"config.prompt": 5}'},
    {"do": "add:" + "x." * 500},
    {"do": "up:config"},
    {"do": "keep:"},
    {"held": "config.prompt", "config.prompt": "x"},
    {"config.members.99999999999999999999": "x"},
    {"config.members.³": "x"},
    {"config.members.-1": "x", "config.members.": "y", ".": "z", "": "w"},
    {"config.members.0.1.2": "x"},
    {f"config.members.{n}": "data-analyst" for n in range(600)},
    {"set_context" + ".items.0" * 20 + ".kind": "all"},
    {"on_error.action": "explode", "join.kind": "whatever"},
]


def test_no_form_breaks_a_panel(cleo: Client, every: Workflow) -> None:
    for number, sent in enumerate(FORMS):
        as_it_was(every)
        answer = cleo.post(address("talk"), sent, headers=HTMX)
        assert answer.status_code == 200, number
        assert cleo.get(address("talk"), headers=HTMX).status_code == 200, number


def test_a_name_without_end_costs_nothing(cleo: Client, every: Workflow) -> None:
    sent = urlencode({"config.members" + ".0" * 1_000_000: "x", "notes": "Kept"})
    began = time.process_time()
    answer = cleo.post(address("talk"), sent, content_type="application/x-www-form-urlencoded", headers=HTMX)
    assert answer.status_code == 200
    assert time.process_time() - began < 2


def test_groups_without_end_are_refused_in_no_time(cleo: Client, every: Workflow) -> None:
    name, sent = "config.branches.0.when", {}
    for _ in range(100):
        sent[f"{name}.kind"] = "all"
        name += ".items.0"
    answer = cleo.post(address("gate"), sent, headers=HTMX)
    assert answer.status_code == 200
    assert "too deeply" in answer.content.decode()
