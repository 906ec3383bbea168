"""Findings: every code has a definition that it is found in, and mending that makes it go away."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given

from tests.unit.workflows.building import (
    KNOWN,
    SCORED,
    Document,
    agent,
    approval,
    chain,
    choice,
    compare,
    flow,
    loop,
    nested,
    step,
    transform,
)
from tests.unit.workflows.faulty_graphs import FAULTY_GRAPHS
from tests.unit.workflows.faulty_settings import FAULTY_SETTINGS
from tests.unit.workflows.faulty_variables import FAULTY_VARIABLES
from tests.unit.workflows.fine_definitions import FINE
from tests.unit.workflows.strategies import AGENTS, CHILD_WORKFLOW, TOOLS, definitions
from workflows.graph import Graph
from workflows.schema import Definition, parse_definition
from workflows.validation import (
    CATALOGUE,
    Finding,
    Known,
    Severity,
    check_document,
    errors_in,
    validate,
)

CASES = [*FAULTY_GRAPHS, *FAULTY_VARIABLES, *FAULTY_SETTINGS]


def findings(document: Document, known: Known = KNOWN) -> list[Finding]:
    return validate(parse_definition(document), known)


def codes(document: Document, known: Known = KNOWN) -> set[str]:
    return {one.code for one in findings(document, known)}


def is_sentence(text: str) -> bool:
    return text[0] == text[0].upper() and text.endswith((".", "?")) and not text.endswith("..")


@pytest.mark.parametrize(("code", "document", "step_id", "field"), CASES)
def test_a_fault_is_found_at_its_step_and_field(
    code: str, document: Document, step_id: str | None, field: str
) -> None:
    found = [one for one in findings(document) if one.code == code]
    assert [(one.step_id, one.field) for one in found][:1] == [(step_id, field)]
    assert found[0].severity is CATALOGUE[code].severity
    assert "{" not in found[0].message.replace("${", "")
    assert is_sentence(found[0].sentence)
    assert is_sentence(found[0].mend)


def test_every_code_of_the_catalogue_is_found_in_a_case() -> None:
    assert {code for code, *_ in CASES} | {"unreadable"} == set(CATALOGUE)


@pytest.mark.parametrize("document", FINE)
def test_what_is_right_has_no_error_and_no_warning(document: Document) -> None:
    assert [one.message for one in findings(document) if one.severity is not Severity.INFO] == []


def test_the_output_of_a_parallel_is_known_by_its_branches() -> None:
    inside = [agent("x", parent="p"), agent("y", parent="p")]
    good = flow(step("parallel", "p"), *inside, agent("b", "${steps.p.output.x}"), edges="p-b")
    bad = flow(step("parallel", "p"), *inside, agent("b", "${steps.p.output.z}"), edges="p-b")
    assert "unknown_output_field" not in codes(good)
    assert "unknown_output_field" in codes(bad)


def test_nothing_outside_is_checked_when_nothing_is_known() -> None:
    document = chain(
        agent(config={"agent": "nobody", "tools": ["x"]}),
        step("tool", "b", {"tool": "hammer", "arguments": {"x": 1}}),
        step("workflow", "w", {"workflow": "nobody", "inputs": {"x": 1}}),
        approval(approvers=["user:a@b.c", "group:x"]),
        agent("z", config={"agent": None, "capability": "x"}),
    )
    assert errors_in(validate(parse_definition(document))) == []


def test_sets_of_slugs_are_enough_to_know_what_exists() -> None:
    known = Known(agents={"writer"}, tools={"calculator"}, workflows={"child"})
    document = chain(
        agent(),
        step("tool", "b", {"tool": "calculator", "arguments": {"x": 1}}),
        step("workflow", "w", {"workflow": "child", "inputs": {"x": 1}}),
        agent("z", config={"agent": None, "capability": "x"}),
    )
    assert errors_in(findings(document, known)) == []
    assert "unknown_tool" in codes(flow(step("tool", config={"tool": "x"})), known)


def test_errors_come_first_and_steps_in_their_order() -> None:
    document = flow(agent("a"), agent("b", "${a()}"), agent("c", ""), edges="a-b")
    found = findings(document)
    assert [one.step_id for one in found] == ["b", "c", "c"]
    assert [one.severity for one in found] == ["error", "error", "warning"]


def test_a_finding_suggests_the_near_name_and_knows_itself_as_json() -> None:
    (found,) = findings(flow(agent(config={"agent": "writter"})))
    assert "Did you mean “writer”?" in found.mend
    assert found.as_json() == {
        "code": "unknown_agent",
        "severity": "error",
        "step_id": "a",
        "field": "config.agent",
        "sentence": "“A” names the agent “writter”, which does not exist.",
        "mend": "Choose an agent. Did you mean “writer”?",
        "message": f"{found.sentence} {found.mend}",
    }
    assert json.dumps(found.as_json())


def test_a_document_that_cannot_be_read_gives_findings_too() -> None:
    definition, found = check_document({"steps": [{**agent(), "extra": 1}], "nope": 2})
    assert definition is None
    assert [(one.code, one.step_id, one.field) for one in found] == [
        ("unreadable", "a", "/steps/0/extra"),
        ("unreadable", None, "/nope"),
    ]
    for document in ("{", None, {"format": 9}):
        assert [one.code for one in check_document(document)[1]] == ["unreadable"]


@pytest.mark.parametrize(
    "document",
    [
        "{",
        [],
        {"format": 9},
        {"steps": 3},
        {"inputs": [{"name": "x", "type": "y"}]},
        {"steps": [{"id": "a", "type": "nope"}]},
        {"steps": [{**agent(), "depends_on": 3}]},
        {"steps": [agent(retry={"attempts": float("inf")})]},
    ],
)
def test_what_cannot_be_read_is_told_in_sentences(document: object) -> None:
    for one in check_document(document)[1]:
        assert is_sentence(one.sentence), one.message
        assert is_sentence(one.mend), one.message


def test_only_the_outermost_of_what_lies_too_deep_is_told() -> None:
    assert [one.step_id for one in errors_in(findings(nested(30)))] == ["c8"]


def test_two_thousand_nested_containers_are_refused_quickly() -> None:
    definition = parse_definition(nested(1_999))
    started = time.process_time()
    assert "nested_too_deep" in {one.code for one in validate(definition, KNOWN)}
    assert time.process_time() - started < 10


def test_the_longest_path_has_the_length_of_the_last_round_that_may_be() -> None:
    graph = Graph.of(parse_definition(nested(2, kind="loop")))
    assert graph.longest_path("a") == len("c0[99999].c1[99999].a")
    assert graph.longest_path("c1") == len("c0[99999].c1[99999]")


def test_a_document_that_can_be_read_is_validated() -> None:
    definition, found = check_document(flow(agent()), KNOWN)
    assert definition is not None
    assert found == []


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (chain(SCORED, choice(compare("$.r.score", "gt", "${a()}"))), {"bad_expression"}),
        (flow(loop(mode="until", condition=compare("$..x")), agent(parent="l")), {"bad_path"}),
        (flow(loop(items="${a()}"), agent(parent="l")), {"bad_expression"}),
        (flow(transform(value="${a()}"), outputs={"x": "${steps.t.output.x}"}), {"bad_expression"}),
        (flow(agent(), outputs={"x": "${steps.a.output['a b']}"}), {"unknown_output_field"}),
        (
            chain(transform(value="x"), agent("b", "${steps.t.output.x}")),
            {"unknown_output_field"},
        ),
        (
            flow(step("tool", config={"tool": "calculator", "arguments": {"expression": "${a()}"}})),
            {"bad_expression"},
        ),
    ],
)
def test_what_cannot_be_read_is_told_once_and_stops_no_other_check(
    document: Document, expected: set[str]
) -> None:
    assert {one.code for one in errors_in(findings(document))} == expected


def test_one_fault_is_not_told_twice() -> None:
    document = flow(agent("a", "${steps.zz.output} ${steps.zz.output}"), agent("b"), edges="a-b b-a")
    assert [one.code for one in findings(document)] == ["cycle", "unknown_step"]


def test_two_thousand_steps_are_validated_quickly() -> None:
    steps = [
        agent(f"s{n}", f"${{steps.s{n - 1}.output}} ${{steps.s0.output}}" if n else "x") for n in range(2000)
    ]
    definition = parse_definition(chain(*steps))
    started = time.process_time()
    assert validate(definition, KNOWN) == []
    assert time.process_time() - started < 5


@given(definitions())
def test_random_valid_definitions_have_no_errors(definition: Definition) -> None:
    known = Known(agents=set(AGENTS), tools=set(TOOLS), workflows={CHILD_WORKFLOW})
    assert [one.message for one in errors_in(validate(definition, known))] == []


@given(definitions())
def test_any_definition_with_its_edges_turned_round_is_validated_without_a_trace(
    definition: Definition,
) -> None:
    document = definition.model_dump(mode="json")
    for edge in document["edges"]:
        edge["source"], edge["target"] = edge["target"], edge["source"]
    for one in document["steps"][::2]:
        one["parent"] = document["steps"][-1]["id"]
    assert all(one.sentence and one.mend for one in validate(Definition.model_validate(document), KNOWN))


GALLERY = sorted((Path(__file__).parents[3] / "workflows" / "gallery").glob("*.json"))


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_every_template_has_no_errors(path: Path) -> None:
    _, found = check_document(json.loads(path.read_text())["definition"])
    assert [one.message for one in errors_in(found)] == []
