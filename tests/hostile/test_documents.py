"""Huge, deep and unstorable documents: refused with 413 or 422 (400 for what is no JSON at all) in no time."""

import gzip
import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from convergio.errors import InvalidInput
from convergio.rest.bodies import read_json
from convergio.workspaces import operations as workspaces
from tests.hostile.conftest import text_of, undone
from tests.hostile.routes import pages
from tests.hostile.test_roles import PAGES
from tests.hostile.world import World
from tests.pages import browser
from tests.people import Cast
from tests.thorough import in_turn

QUICK_S = 2.0
"""Of processor time: a second on a machine of one's own, twice that where caches are shared with others."""
STEP = '{"id": "a", "type": "transform", "config": {"value": %s}}'
REFUSED = (400, 413, 422)


def definition(value: str) -> bytes:
    return f'{{"steps": [{STEP % value}]}}'.encode()


DOCUMENTS: dict[str, Callable[[], bytes]] = {
    "5 MB of definition": lambda: definition(json.dumps("x" * 5_000_000)),
    "2.6 MB of definition": lambda: definition(json.dumps("x" * 2_600_000)),
    "50 MB of text": lambda: definition('"' + "x" * 50_000_000 + '"'),
    "10,000 levels of lists": lambda: definition("[" * 10_000 + "]" * 10_000),
    "10,000 levels of objects": lambda: definition('{"a":' * 10_000 + "1" + "}" * 10_000),
    "90 levels": lambda: definition("[" * 90 + "]" * 90),
    "a million keys": lambda: definition("{" + ",".join(f'"k{n}":1' for n in range(1_000_000)) + "}"),
    "100,000 steps": lambda: b'{"steps": [' + b",".join([(STEP % "1").encode()] * 100_000) + b"]}",
    "a number without end": lambda: definition("1e999"),
    "minus such a number": lambda: definition("-1e999"),
    "NaN": lambda: definition("NaN"),
    "Infinity": lambda: definition("Infinity"),
    "a million digits": lambda: definition("1" * 1_000_000),
    "NUL": lambda: definition('"a\\u0000b"'),
    "NUL in a key": lambda: definition('{"a\\u0000": 1}'),
    "NUL as a byte": lambda: definition('"a\x00b"'),
    "half a surrogate": lambda: definition('"\\ud800"'),
    "half a surrogate in a key": lambda: definition('{"\\udfff": 1}'),
    "not UTF-8": lambda: b'{"steps": "\xff\xfe"}',
    "UTF-16": lambda: '{"steps": []}'.encode("utf-16") + b"\x00",
    "compressed": lambda: gzip.compress(b'{"steps": []}' * 10),
    "a compressed bomb": lambda: gzip.compress(b" " * 30_000_000),
    "cut": lambda: b'{"steps": [',
    "nothing": lambda: b"",
}


@pytest.fixture
def key(cast: Cast, ours: World) -> dict[str, str]:
    _, key = workspaces.create_api_key(name="R", scopes=["build", "run", "decide"], by=cast.ada.actor)
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
def ada(cast: Cast, ours: World) -> Client:
    return browser(cast.ada)


def quickly(send: Callable[[], Any]) -> Any:
    """Send; it must not take long, whatever comes back."""
    with undone():
        started = time.process_time()
        answer = send()
        assert time.process_time() - started < QUICK_S
    assert "Traceback" not in text_of(answer)
    return answer


@pytest.mark.parametrize(
    "value",
    [b'"a\\u0000b"', b'{"a\\u0000": 1}', b'"\\ud800"', b"[" * 90 + b"]" * 90, b"[" * 9**6, b"NaN", b"1e999"],
    ids=lambda value: value[:12].decode(),
)
def test_what_cannot_be_stored_is_refused_before_anybody_reads_it(value: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_json(b'{"value": ' + value + b"}")


def test_the_api_refuses_every_document(key: dict[str, str], ours: World) -> None:
    client = Client()
    for name, make in DOCUMENTS.items():
        document, more = make(), {"Content-Encoding": "gzip"} if "compressed" in name else {}
        body = document if more else b'{"name": "X", "document": ' + document + b"}"
        send = partial(client.post, "/api/v1/workflow-imports", body, "application/json")
        answer = quickly(partial(send, headers={**key, **more}))
        assert answer.status_code in REFUSED, f"{name}: {answer.status_code} {text_of(answer)[:200]}"
        assert set(answer.json()) == {"error"}, name


def test_the_pages_refuse_every_document(ada: Client, ours: World) -> None:
    for turn, (name, make) in enumerate(DOCUMENTS.items()):
        document = make()
        text = document.decode("latin-1")
        forms: list[tuple[str, dict[str, Any]]] = [
            ("/workflows/import/", {"name": "X", "text": text}),
            (f"/workflows/{ours.ids['workflow']}/draft/", {"revision": "0", "document": text}),
        ]
        file = SimpleUploadedFile("w.json", document, "application/json")
        sent: list[tuple[str, dict[str, Any]]] = [("/workflows/import/", {"name": "X", "file": file})]
        sent += in_turn(forms, turn) if len(document) < 6_000_000 else []
        for address, form in sent:
            answer = quickly(partial(ada.post, address, form))
            assert answer.status_code in REFUSED, f"{name}: {address}: {answer.status_code}"


def test_a_key_that_comes_twice_does_not_slip_past_a_check(key: dict[str, str], ours: World) -> None:
    """What is checked is what is stored: the last one, as JSON has it."""
    body = b'{"name": "First", "name": "", "slug": "ok"}'
    answer = quickly(lambda: Client().post("/api/v1/workflows", body, "application/json", headers=key))
    assert answer.status_code == 422


INPUTS: dict[str, Any] = {
    "huge": {"city": "x" * 5_500_000},
    "a list": {"city": ["x"] * 100_000},
    "an object": {"city": {"a": "x"}},
    "NUL": {"city": "\x00"},
    "unknown": {"surprise": "x"},
    "many": {f"k{n}": 1 for n in range(100_000)},
    "no object": [],
    "no object either": "text",
}


def test_inputs_of_a_run_are_refused(key: dict[str, str], ours: World) -> None:
    client = Client()
    for name, inputs in INPUTS.items():
        body = json.dumps({"workflow": ours.ids["workflow"], "inputs": inputs}).encode()
        send = partial(client.post, "/api/v1/executions", body, "application/json", headers=key)
        answer = quickly(send)
        assert answer.status_code in REFUSED, f"{name}: {text_of(answer)[:300]}"


NUMBERS = ["9" * 5000, "-1", "1e9", "²", "٣", "1" * 20, "\x00", "NaN", ""]
NUMBERED = ["version", "old", "new", "page", "days", "round", "step"]
"""Parameters that are numbers."""


def test_numbers_in_addresses_and_forms_break_nothing(ada: Client, ours: World) -> None:
    workflow, run = f"/workflows/{ours.ids['workflow']}/", f"/runs/{ours.ids['execution']}/"
    places = [f"{workflow}export/", f"{workflow}comparison/", "/runs/", run, f"{run}log/", "/approvals/"]
    for turn, number in enumerate(NUMBERS):
        version = f"{workflow}versions/{number}/".replace("\x00", "%00")
        for address in [version, *in_turn(places, turn, 3)]:
            query = dict.fromkeys(NUMBERED, number) | {"q": f"#{number}"}
            answer = quickly(partial(ada.get, address, query))
            assert answer.status_code < 500, (address, number[:20])
        form = {"revision": number, "document": '{"steps": []}'}
        answer = quickly(partial(ada.post, f"{workflow}draft/", form))
        assert answer.status_code < 500, number[:20]


FIELDS = [
    "name",
    "slug",
    "description",
    "category",
    "tags",
    "note",
    "comment",
    "answer",
    "reason",
    "edited",
    "prompt",
    "city",
    "key",
    "document",
    "text",
]
FIELDS += ["revision", "next", "title"]


def test_every_form_takes_nonsense_in_every_field(ada: Client, ours: World) -> None:
    forms = [route for route in pages() if route.path in PAGES]
    assert len(forms) == len(PAGES)
    for nonsense in ("\x00\ud800<script>", "[[" * 2_000):
        form = dict.fromkeys(FIELDS, nonsense.encode("utf-8", "replace").decode())
        for route in forms:
            with undone():
                answer = ada.post(f"{route.filled(ours.ids)}?path=greet", form)
            assert answer.status_code < 500, f"{route} {nonsense[:9]!r}"


def test_many_fields_and_files_are_refused(ada: Client, ours: World) -> None:
    fields = {f"f{n}": "x" for n in range(2_000)}
    assert quickly(lambda: ada.post("/workflows/new/", fields)).status_code in REFUSED
    files = {f"f{n}": SimpleUploadedFile("x", b"x") for n in range(200)}
    assert quickly(lambda: ada.post("/workflows/import/", files)).status_code in REFUSED
