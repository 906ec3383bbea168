"""The gallery's workflows: valid, complete on every branch, and answerable by a very small model."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import agents
from agents.tools.catalogue import catalogue
from agents.tools.tables.query import Aggregate, Query, run
from agents.tools.tables.reading import read_table
from convergio.json_schemas import schema_fault
from workflows import templates, validation
from workflows.conditions import compile_path, root_of
from workflows.expressions import parse
from workflows.graph import Graph
from workflows.inputs import check_inputs
from workflows.schema import (
    AgentStep,
    ApprovalStep,
    Comparison,
    Condition,
    ConditionStep,
    InputStep,
    InputType,
    StepType,
    TeamStep,
    ToolStep,
    WaitStep,
)

SLUGS = {
    "strategic-analysis",
    "product-launch",
    "market-entry",
    "customer-onboarding",
    "sales-pipeline-automation",
    "customer-support-escalation",
    "financial-analysis-reporting",
    "product-development-cycle",
    "marketing-campaign-orchestration",
    "hr-onboarding",
    "data-analysis-pipeline",
}
AGENTS = {path.stem for path in (Path(agents.__file__).parent / "definitions").glob("*.json")}
FILE = {"file": "f1", "name": "shop-orders.csv", "size": 9365, "content_type": "text/csv"}
EVERY_TEMPLATE = pytest.mark.parametrize("slug", sorted(SLUGS))


def _steps(slug: str, *kinds: type) -> list[Any]:
    return [step for step in templates.template(slug).definition.steps if isinstance(step, kinds)]


def _comparisons(condition: Condition | None) -> Iterator[Comparison]:
    if isinstance(condition, Comparison):
        yield condition
    elif condition is not None:
        for inner in (*(condition.all or ()), *(condition.any or ()), condition.not_):
            yield from _comparisons(inner)


def _read_by(comparison: Comparison) -> str:
    """The id of the step that a comparison reads; empty for an input or an item."""
    if comparison.path.startswith("${"):
        (variable,) = parse(comparison.path)
        return "" if isinstance(variable, str) or variable.root != "steps" else str(variable.name)
    return root_of(compile_path(comparison.path))


def test_the_gallery_holds_exactly_the_promised_templates() -> None:
    assert {template.slug for template in templates.all_templates()} == SLUGS


def test_together_they_show_every_step_type_that_needs_no_other_workflow() -> None:
    used = {step.type for slug in SLUGS for step in templates.template(slug).definition.steps}
    assert used == set(StepType) - {StepType.WORKFLOW}


def test_no_two_templates_have_the_same_shape() -> None:
    shapes = [
        tuple(sorted(step.type for step in templates.template(slug).definition.steps)) for slug in SLUGS
    ]
    assert len(set(shapes)) == len(shapes)


@EVERY_TEMPLATE
def test_a_template_has_no_error_and_no_warning(slug: str) -> None:
    tools = {name: tool.parameters for name, tool in catalogue().items()}
    known = validation.Known(
        agents=AGENTS, tools=tools, workflows=set(), groups=set(), users=set(), slug=slug
    )
    findings = validation.validate(templates.template(slug).definition, known)
    assert [finding.as_json() for finding in findings] == []


@EVERY_TEMPLATE
def test_a_template_uses_only_agents_that_come_with_the_product(slug: str) -> None:
    used = {step.config.agent for step in _steps(slug, AgentStep)}
    used |= {member for step in _steps(slug, TeamStep) for member in step.config.members}
    used |= {step.on_error.agent for step in _steps(slug, AgentStep) if step.on_error.action == "fallback"}
    assert used
    assert used <= AGENTS


@EVERY_TEMPLATE
def test_a_template_has_a_branch_a_join_an_approval_and_outputs(slug: str) -> None:
    definition = templates.template(slug).definition
    graph = Graph.of(definition)
    assert _steps(slug, ConditionStep)
    assert any(len({edge.source for edge in graph.incoming(step.id)}) > 1 for step in definition.steps)
    assert _steps(slug, ApprovalStep)
    assert definition.outputs


@EVERY_TEMPLATE
def test_work_is_done_before_and_after_the_approval(slug: str) -> None:
    graph = Graph.of(templates.template(slug).definition)
    for approval in _steps(slug, ApprovalStep):
        assert graph.upstream(approval.id)
        assert len(graph.downstream(approval.id)) >= 2


@EVERY_TEMPLATE
def test_every_way_out_of_a_choice_leads_on(slug: str) -> None:
    graph = Graph.of(templates.template(slug).definition)
    for step in _steps(slug, ConditionStep, ApprovalStep, InputStep, WaitStep):
        ports = set(graph.ports(step.id))
        if isinstance(step, WaitStep) and step.config.event is None:
            ports.discard("timeout")
        assert {port for port in ports if not graph.outgoing(step.id, port)} == set(), step.id


@EVERY_TEMPLATE
def test_a_choice_never_reads_the_free_text_of_an_agent(slug: str) -> None:
    definition = templates.template(slug).definition
    free = {step.id for step in _steps(slug, AgentStep) if step.output_schema is None}
    conditions = [branch.when for step in _steps(slug, ConditionStep) for branch in step.config.branches]
    conditions += [getattr(step.config, "condition", None) for step in definition.steps]
    conditions += [getattr(step.config, "filter", None) for step in definition.steps]
    read = {_read_by(comparison) for condition in conditions for comparison in _comparisons(condition)}
    assert read & free == set()


@EVERY_TEMPLATE
def test_a_structured_answer_is_short_and_bounded(slug: str) -> None:
    for step in _steps(slug, AgentStep):
        if step.output_schema is None:
            continue
        assert schema_fault(step.output_schema) == ""
        for name, field in step.output_schema["properties"].items():
            assert "enum" in field or {"minimum", "maximum"} <= field.keys(), f"{step.id}.{name}"


@EVERY_TEMPLATE
def test_answers_stay_short_enough_for_a_small_model(slug: str) -> None:
    steps = _steps(slug, AgentStep, TeamStep)
    assert all(step.config.max_tokens and step.config.max_tokens <= 400 for step in steps)
    assert sum(step.config.max_tokens for step in steps) <= 3000


@EVERY_TEMPLATE
def test_a_template_runs_with_its_sample_values(slug: str) -> None:
    template = templates.template(slug)
    fields = template.definition.inputs
    files = {field.name for field in fields if field.type is InputType.FILE}
    given = {name: FILE if name in files else value for name, value in template.sample_inputs.items()}
    assert set(given) == {field.name for field in fields}
    assert check_inputs(fields, given) == given


@EVERY_TEMPLATE
def test_sample_files_are_in_the_gallery(slug: str) -> None:
    template = templates.template(slug)
    for field in template.definition.inputs:
        if field.type is InputType.FILE:
            assert templates.sample_file(template.sample_inputs[field.name]).stat().st_size > 1000


def test_the_sample_table_answers_its_sample_question() -> None:
    given = templates.template("data-analysis-pipeline").sample_inputs
    table = read_table(templates.sample_file(given["dataset"]).read_bytes())
    figures = [Aggregate(function="sum", column=given["measure"])]
    answer = run(
        table, Query(group_by=[given["group_by"]], aggregate=figures, sort="sum_revenue", descending=True)
    )
    assert [row[0] for row in answer["rows"]] == ["Harbour", "Station", "Old Town"]


@EVERY_TEMPLATE
def test_people_can_read_what_a_template_and_its_steps_are_for(slug: str) -> None:
    template = templates.template(slug)
    assert 80 <= len(template.description) <= 1000
    assert template.icon
    assert len(template.tags) >= 3
    names = [step.name for step in template.definition.steps]
    assert all(names)
    assert len(set(names)) == len(names)
    assert all(field.label for field in template.definition.inputs)


@EVERY_TEMPLATE
def test_tool_steps_give_the_arguments_that_their_tools_take(slug: str) -> None:
    for step in _steps(slug, ToolStep):
        tool = catalogue()[step.config.tool]
        properties = tool.parameters["properties"]
        assert set(tool.parameters.get("required", ())) <= set(step.config.arguments) <= set(properties)


@EVERY_TEMPLATE
def test_a_file_is_formatted_for_reading_differences(slug: str) -> None:
    text = (templates.FOLDER / f"{slug}.json").read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"
