"""Reading and writing documents: what anybody may send, old formats, and the round trip."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convergio.errors import InvalidInput
from tests.unit.workflows.strategies import definitions, documents
from workflows.schema import Definition, dump_definition, parse_definition
from workflows.schema.reading import pointer
from workflows.upgrades import UnknownFormat, upgrade

AGENT: dict[str, Any] = {"id": "a", "type": "agent", "config": {"agent": "writer"}}


def refused(document: object) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        parse_definition(document)
    return caught.value


def one(step: dict[str, Any]) -> dict[str, Any]:
    return {"steps": [step]}


def with_agent(**more: Any) -> dict[str, Any]:
    return one({**AGENT, **more})


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@given(definitions())
def test_what_is_written_reads_back_the_same(definition: Definition) -> None:
    written = dump_definition(definition)
    assert parse_definition(written) == definition
    assert parse_definition(json.dumps(written)) == definition
    assert dump_definition(parse_definition(written)) == written


@given(documents())
def test_reading_does_not_change_the_document(document: dict[str, Any]) -> None:
    before = json.dumps(document)
    parse_definition(document)
    assert json.dumps(document) == before


def test_defaults_are_left_out_and_keys_have_an_order() -> None:
    step = {
        "config": {"prompt": "p", "agent": "writer"},
        "type": "agent",
        "id": "a",
        "join": "all",
        "name": "N",
    }
    written = dump_definition(parse_definition({"edges": [], "steps": [step]}))
    assert json.dumps(written) == (
        '{"format": 1, "steps": [{"id": "a", "type": "agent", "name": "N", '
        '"config": {"agent": "writer", "prompt": "p"}}]}'
    )
    assert dump_definition(parse_definition({})) == {"format": 1}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (None, "a JSON object"),
        ([], "a JSON object"),
        ("[]", "a JSON object"),
        ("{bad", "no JSON: Expecting property name enclosed in double quotes in line 1, column 2"),
        (b"\xff\xfe", "no JSON"),
        ('{"outputs": {"n": ' + "9" * 5000 + "}}", "no JSON"),
        ('{"outputs": {"a": ' + "[" * 200_000, "64 levels"),
        ({"outputs": {"a": nested(70)}}, "64 levels"),
        ({"outputs": {"a": nested(5000)}}, "64 levels"),
        ({"outputs": {"a": "x\x00"}}, "/outputs/a contains a NUL"),
        ({"outputs": {"a\x00": "x"}}, "a key contains a NUL"),
        ({"outputs": {"a": {3: "x"}}}, "a key must be text"),
        ({"outputs": {"a": "\ud800"}}, "surrogate"),
        ({"outputs": {"a": float("nan")}}, "finite"),
        ('{"outputs": {"a": 1e999}}', "finite"),
        ({"outputs": {"a": 10**301}}, "too large a number"),
        ({"outputs": {"a": object()}}, "plain JSON"),
        ({"outputs": {"a": (1, 2)}}, "plain JSON"),
        ({"outputs": {"a": "x" * 2_000_001}}, "larger than 2,000,000"),
        ("x" * 8_000_001, "larger than 2,000,000"),
        ({"steps": [AGENT] * 2001}, "Must have at most 2000 entries"),
    ],
)
def test_what_cannot_be_stored_or_read_is_refused(document: object, words: str) -> None:
    assert words in refused(document).sentence


@pytest.mark.parametrize(
    ("document", "location", "step", "message"),
    [
        ({"steps": {}}, "/steps", None, "Must be a list."),
        ({"steps": ["x"]}, "/steps/0", None, "Must be an object."),
        ({"stepz": []}, "/stepz", None, "The key 'stepz' is not known here. Did you mean 'steps'?"),
        (
            with_agent(promt=1),
            "/steps/0/promt",
            "a",
            "The key 'promt' is not known here. Did you mean 'prompt'?",
        ),
        (with_agent(xyzzy=1), "/steps/0/xyzzy", "a", "The key 'xyzzy' is not known here."),
        (with_agent(agent="x"), "/steps/0/agent", "a", "goes into its config"),
        (one({"id": "a"}), "/steps/0", "a", "'type' is missing"),
        (one({"id": "a", "type": "agnt"}), "/steps/0", "a", "'agnt' is not known; expected one of 'agent'"),
        (one({"id": "a", "type": "agent"}), "/steps/0/config", "a", "Is missing."),
        (one({**AGENT, "id": "9 lives"}), "/steps/0/id", "9 lives", "Must begin with a letter"),
        (one({**AGENT, "id": 7}), "/steps/0/id", None, "Must be text."),
        (with_agent(config={"agent": "no good"}), "/steps/0/config/agent", "a", "Must begin with a letter"),
        (with_agent(config={"prompt": 3}), "/steps/0/config/prompt", "a", "Must be text."),
        (
            with_agent(config={"conversation": "yes"}),
            "/steps/0/config/conversation",
            "a",
            "Must be true or false.",
        ),
        (
            with_agent(config={"max_tokens": 1.5}),
            "/steps/0/config/max_tokens",
            "a",
            "Must be a whole number.",
        ),
        (with_agent(timeout_s="12"), "/steps/0/timeout_s", "a", "Must be a number."),
        (with_agent(timeout_s=0), "/steps/0/timeout_s", "a", "Must be more than 0."),
        (with_agent(retry={"attempts": 21}), "/steps/0/retry/attempts", "a", "Must be at most 20."),
        (with_agent(retry=[]), "/steps/0/retry", "a", "Must be an object."),
        (with_agent(join="some"), "/steps/0/join", "a", "Must be one of: 'all' or 'any'."),
        (with_agent(join={"first": 0}), "/steps/0/join/first", "a", "Must be at least 1."),
        (with_agent(on_error={"action": "shrug"}), "/steps/0/on_error", "a", "'shrug' is not known"),
        (with_agent(on_error={"action": "fallback"}), "/steps/0/on_error/agent", "a", "Is missing."),
        (with_agent(output_schema=[]), "/steps/0/output_schema", "a", "Must be an object."),
        (with_agent(name="x" * 201), "/steps/0/name", "a", "Must have at most 200 characters."),
        (
            one({"id": "l", "type": "loop", "config": {}}),
            "/steps/0/config",
            "l",
            "A for_each loop needs `items`.",
        ),
        (
            one({"id": "l", "type": "loop", "config": {"mode": "while"}}),
            "/steps/0/config",
            "l",
            "A while loop needs `condition`.",
        ),
        (
            one({"id": "w", "type": "wait", "config": {"seconds": 1, "event": "x"}}),
            "/steps/0/config",
            "w",
            "A wait has exactly one of: seconds, until, event.",
        ),
        (
            one({"id": "p", "type": "approval", "config": {"title": "", "quorum": 1}}),
            "/steps/0/config/title",
            "p",
            "Must not be empty.",
        ),
        (
            one({"id": "p", "type": "approval", "config": {"title": "t", "approvers": ["bob"]}}),
            "/steps/0/config/approvers/0",
            "p",
            "Must be user:E-MAIL",
        ),
        (
            one({"id": "p", "type": "approval", "config": {"title": "t", "quorum": "most"}}),
            "/steps/0/config/quorum",
            "p",
            "Must be one of: '",
        ),
        (
            one({"id": "w", "type": "wait", "config": {"event": "no spaces"}}),
            "/steps/0/config/event",
            "w",
            "Must have the form",
        ),
        (
            {"inputs": [{"name": "x", "type": "strin"}]},
            "/inputs/0/type",
            None,
            "Must be one of: 'string', 'text'",
        ),
        ({"inputs": [{"name": "no good"}]}, "/inputs/0/name", None, "Must begin with a letter"),
        ({"edges": [{"source": "a"}]}, "/edges/0/target", None, "Is missing."),
        ({"guardrails": {"max_cost": -1}}, "/guardrails/max_cost", None, "Must be at least 0."),
    ],
)
def test_each_fault_is_told_with_its_place_and_step(
    document: dict[str, Any], location: str, step: str | None, message: str
) -> None:
    error = refused(document)
    detail = error.details[0]
    assert (detail["location"], detail["step"]) == (location, step)
    assert message in detail["message"]
    assert location in error.sentence
    assert "pydantic" not in str(error.details)


def condition(*when: Any) -> dict[str, Any]:
    return one(
        {"id": "c", "type": "condition", "config": {"branches": [{"port": "x", "when": one} for one in when]}}
    )


@pytest.mark.parametrize(
    ("when", "location", "message"),
    [
        ({"path": "$.a", "op": "like"}, "/op", "Must be one of: 'eq', 'ne'"),
        ({"op": "eq"}, "/path", "Is missing."),
        ({"all": [{"any": [{"path": "$.a"}]}]}, "/all/0/any/0/op", "Is missing."),
        ({"all": [], "any": []}, "", "exactly one of: all, any, not_"),
        ("x", "", "Must be an object."),
        ({"not_": {"path": "$.a", "op": "eq", "vlaue": 1}}, "/not_/vlaue", "Did you mean 'value'?"),
    ],
)
def test_faults_inside_conditions_have_their_place(when: Any, location: str, message: str) -> None:
    error = refused(condition(when))
    assert error.details == [
        {
            "location": f"/steps/0/config/branches/0/when{location}",
            "step": "c",
            "message": error.details[0]["message"],
        }
    ]
    assert message in error.details[0]["message"]


def test_all_faults_are_told_at_once() -> None:
    error = refused({"steps": [{**AGENT, "nope": 1}, {**AGENT, "id": 3, "timeout_s": -1}], "extra": 1})
    assert len(error.details) == 4
    assert "There are 3 more faults." in error.sentence
    assert "There is 1 more fault." in refused({"a": 1, "b": 2}).sentence
    many = refused({f"key{n}": n for n in range(80)})
    assert len(many.details) == 50


def test_a_pointer_escapes_what_it_must() -> None:
    assert pointer(("a/b", 0, "c~d")) == "/a~1b/0/c~0d"


@pytest.mark.parametrize("number", [2, -1, "1", True, None, 1.0])
def test_an_unknown_format_is_a_sentence(number: Any) -> None:
    with pytest.raises(UnknownFormat, match="reads the formats 0, 1"):
        parse_definition({"format": number})


def test_format_0_says_with_depends_on_what_comes_before() -> None:
    approval = {"id": "ok", "type": "approval", "config": {"title": "Go?"}, "depends_on": "a"}
    form = {"id": "form", "type": "input", "config": {"title": "T", "form": {}}, "depends_on": ["ok"]}
    when = {"path": "$.a", "op": "exists"}
    choice = {
        "id": "choice",
        "type": "condition",
        "config": {"branches": [{"port": "x", "when": when}, {"port": "y", "when": when}]},
        "depends_on": ["form", "a"],
    }
    last = {**AGENT, "id": "last", "depends_on": ["choice"]}
    definition = parse_definition({"format": 0, "steps": [AGENT, approval, form, choice, last]})
    assert [(edge.source, edge.port, edge.target) for edge in definition.edges] == [
        ("a", "done", "ok"),
        ("ok", "approved", "form"),
        ("form", "submitted", "choice"),
        ("a", "done", "choice"),
        ("choice", "x", "last"),
        ("choice", "y", "last"),
        ("choice", "else", "last"),
    ]
    assert dump_definition(definition)["format"] == 1


def test_depends_on_is_accepted_in_the_current_format_and_doubles_no_edge() -> None:
    edge = {"source": "a", "port": "done", "target": "b"}
    document = {"steps": [AGENT, {**AGENT, "id": "b", "depends_on": ["a"]}], "edges": [edge]}
    assert upgrade(document)["edges"] == [edge]
    assert "depends_on" in document["steps"][1]


@pytest.mark.parametrize("sources", [3, [3], {"a": 1}, None])
def test_a_depends_on_that_is_no_list_of_ids_is_refused(sources: Any) -> None:
    error = refused({"steps": [{**AGENT, "depends_on": sources}]})
    assert error.details[0]["location"] == "/steps/0/depends_on"
    assert "list of step ids" in error.sentence


@pytest.mark.parametrize(
    "step",
    [{"depends_on": ["a"]}, {"id": [], "depends_on": ["a"]}, {"id": "b", "depends_on": ["a"], "config": 3}],
)
@pytest.mark.parametrize(
    "config", [None, [], {"branches": 3}, {"branches": [3]}, {"branches": [{"port": []}]}]
)
def test_faulty_steps_with_depends_on_are_refused_and_not_a_trace(step: dict[str, Any], config: Any) -> None:
    refused({"steps": [{"id": "a", "type": "condition", "config": config}, step], "edges": None})


def test_edges_that_are_no_list_are_refused_beside_depends_on() -> None:
    refused({"steps": [{**AGENT, "depends_on": ["a"]}], "edges": {"a": "b"}})
    refused({"steps": [{**AGENT, "depends_on": ["a"]}], "edges": 3})


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(documents(), st.data())
def test_a_document_with_junk_anywhere_is_read_or_refused(
    document: dict[str, Any], data: st.DataObject
) -> None:
    broken = json.loads(json.dumps(document))
    places = list(_places(broken))
    holder, key = data.draw(st.sampled_from(places))
    holder[key] = data.draw(JUNK)
    with contextlib.suppress(InvalidInput):
        definition = parse_definition(broken)
        assert parse_definition(dump_definition(definition)) == definition


def _places(value: Any) -> Any:
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(entries):
        yield value, key
        if isinstance(inner, dict | list):
            yield from _places(inner)


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_any_text_is_refused_or_read(text: str | bytes) -> None:
    with pytest.raises(InvalidInput):
        parse_definition(text)
