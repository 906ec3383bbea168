"""AutoGen's teams as workflows: each document is what the library itself writes, and none of it is ever loaded."""

import contextlib
import json
import sys
from typing import Any

import pytest
from autogen_agentchat.agents import AssistantAgent, SocietyOfMindAgent, UserProxyAgent
from autogen_agentchat.base import Handoff
from autogen_agentchat.conditions import (
    HandoffTermination,
    MaxMessageTermination,
    SourceMatchTermination,
    TextMentionTermination,
    TimeoutTermination,
    TokenUsageTermination,
)
from autogen_agentchat.teams import (
    DiGraphBuilder,
    GraphFlow,
    MagenticOneGroupChat,
    RoundRobinGroupChat,
    SelectorGroupChat,
    Swarm,
)
from autogen_core import Component
from autogen_core.models import ChatCompletionClient
from autogen_core.tools import FunctionTool
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from convergio.errors import InvalidInput
from workflows.autogen_import import Fate, Here, Reading, is_component, read
from workflows.schema import parse_definition
from workflows.validation import Known, errors_in, validate


class NoModelConfig(BaseModel):
    """What is known of a model that never answers."""

    model: str = "gpt-4o"
    temperature: float = 0.7
    api_key: str = "sk-secret"


_Client: Any = ChatCompletionClient
_Component: Any = Component[NoModelConfig]


class NoModel(_Client, _Component):  # type: ignore[misc]
    """A model that never answers."""

    component_type = "model"
    component_config_schema = NoModelConfig
    component_provider_override = "evil.module.NoModel"
    model_info = dict.fromkeys(("function_calling", "json_output", "structured_output"), True)

    def _to_config(self) -> NoModelConfig:
        return NoModelConfig()


NoModel.__abstractmethods__ = frozenset()


def calculator(a: int) -> int:
    """Add."""
    return a


def secret_code(a: int) -> int:
    """Do something of one's own."""
    return a


def agent(name: str, **more: Any) -> Any:
    more = {"description": f"The {name}", "system_message": f"You are the {name}.", **more}
    return AssistantAgent(name, NoModel(), **more)


def document(team: Any) -> dict[str, Any]:
    return dict(json.loads(team.dump_component().model_dump_json()))


HERE = Here(agents=("reviewer",), taken=("reviewer", "retired-one"), tools=("calculator", "web-fetch"))


def imported(team: Any) -> Reading:
    reading = read(document(team), HERE)
    slugs = {wish.slug for wish in reading.agents}
    faults = errors_in(validate(parse_definition(reading.definition), Known(agents=slugs)))
    assert [fault.sentence for fault in faults] == []
    return reading


def said(reading: Reading, fate: Fate) -> str:
    return "\n".join(f"{one.about}: {one.sentence}" for one in reading.remarks if one.fate is fate)


def steps(reading: Reading) -> dict[str, dict[str, Any]]:
    return {step["id"]: step for step in reading.definition["steps"]}


def edges(reading: Reading) -> set[tuple[str, str, str]]:
    listed = reading.definition.get("edges", [])
    return {(edge["source"], edge.get("port", "done"), edge["target"]) for edge in listed}


def test_what_holds_for_several_is_said_once() -> None:
    reading = imported(RoundRobinGroupChat([agent("a"), agent("b")], max_turns=4))
    assert [one.about for one in reading.remarks if "gpt-4o" in one.sentence] == ["a, b"]


# Teams that talk.


def test_a_round_robin_team_is_a_team_step_with_its_limits() -> None:
    stop = TextMentionTermination("APPROVE") | MaxMessageTermination(11)
    reading = imported(
        RoundRobinGroupChat([agent("primary_agent"), agent("critic")], termination_condition=stop)
    )
    config = steps(reading)["team"]["config"]
    assert config == {
        "members": ["primary-agent", "critic"],
        "prompt": "${inputs.task}",
        "max_turns": 10,
        "stop_word": "APPROVE",
    }
    assert reading.definition["inputs"] == [
        {"name": "task", "type": "text", "label": "Task", "required": True}
    ]
    assert reading.definition["outputs"] == {"result": "${steps.team.output.text}"}


def test_agents_are_made_with_their_prompt_and_manner() -> None:
    wish = imported(RoundRobinGroupChat([agent("primary_agent")])).agents[0]
    assert (wish.slug, wish.name, wish.is_known, wish.model) == (
        "primary-agent",
        "Primary agent",
        False,
        "gpt-4o",
    )
    assert wish.document["system_prompt"] == "You are the primary_agent."
    assert wish.document["temperature"] == 0.7
    assert "sk-secret" not in str(wish)


def test_an_agent_of_that_name_here_is_used_as_it_is() -> None:
    reading = imported(RoundRobinGroupChat([agent("Reviewer"), agent("retired_one")]))
    assert [(wish.slug, wish.is_known) for wish in reading.agents] == [
        ("reviewer", True),
        ("retired-one-2", False),
    ]
    assert "Your agent “reviewer”" in said(reading, Fate.CHANGED)


def test_tools_are_known_by_name_and_their_code_is_left_behind() -> None:
    tools = [FunctionTool(calculator, "Add"), FunctionTool(secret_code, "x")]
    reading = imported(RoundRobinGroupChat([agent("a", tools=tools)]))
    assert reading.agents[0].document["tools"] == ["calculator"]
    assert "“secret_code” is code of its own" in said(reading, Fate.LOST)
    assert "def secret_code" not in str(reading)


def test_a_person_in_a_round_robin_decides_after_each_round() -> None:
    reading = imported(RoundRobinGroupChat([agent("a"), agent("b"), UserProxyAgent("user_proxy")]))
    gate = steps(reading)["ask_user_proxy"]
    assert steps(reading)["team"]["config"]["max_turns"] == 2
    assert (gate["type"], gate["config"]["revise"]) == ("approval", "team")
    assert edges(reading) == {("team", "done", "ask_user_proxy")}
    assert "A person does not talk along" in said(reading, Fate.CHANGED)


def test_a_selector_team_keeps_a_question_of_its_own_and_not_the_usual_one() -> None:
    members = [agent("a"), agent("b")]
    own = "Pick from {participants}: {roles} {history} ${cost}"
    chosen = imported(SelectorGroupChat(members, NoModel(), selector_prompt=own))
    config = steps(chosen)["team"]["config"]
    assert config["mode"] == "selector"
    assert config["selector_prompt"] == "Pick from {participants}: {roles} {history} $${cost}"
    usual = imported(SelectorGroupChat(members, NoModel(), allow_repeated_speaker=True))
    assert "selector_prompt" not in steps(usual)["team"]["config"]
    assert "Nobody speaks twice" in said(usual, Fate.LOST)


def test_a_swarm_tells_the_chooser_who_hands_over_to_whom() -> None:
    travel = agent("travel_agent", handoffs=["refunder", Handoff(target="user", description="When asked")])
    refunder = agent("refunder", handoffs=["travel_agent"])
    stop = HandoffTermination("user") | TextMentionTermination("DONE")
    reading = imported(Swarm([travel, refunder], termination_condition=stop))
    config = steps(reading)["team"]["config"]
    assert config["mode"] == "selector"
    assert "travel_agent speaks first" in config["selector_prompt"]
    assert "- refunder hands over to travel_agent" in config["selector_prompt"]
    assert steps(reading)["ask_user"]["config"]["revise"] == "team"
    assert "Handoffs:" in said(reading, Fate.CHANGED)


def test_limits_of_tokens_and_time_hold_for_the_run_and_others_are_told() -> None:
    stop = TokenUsageTermination(max_total_token=900) | TimeoutTermination(60) | SourceMatchTermination(["a"])
    reading = imported(
        RoundRobinGroupChat([agent("a")], termination_condition=stop & TextMentionTermination("X"))
    )
    assert reading.definition["guardrails"] == {"max_tokens": 900, "max_wall_s": 60}
    assert "SourceMatchTermination has no counterpart" in said(reading, Fate.LOST)
    assert "hold together" in said(reading, Fate.CHANGED)


def test_teams_inside_teams_are_dissolved() -> None:
    inner = RoundRobinGroupChat([agent("deep")], name="inner", description="x")
    society = SocietyOfMindAgent("society", RoundRobinGroupChat([agent("mind")]), NoModel())
    reading = imported(RoundRobinGroupChat([agent("a"), inner, society]))
    assert steps(reading)["team"]["config"]["members"] == ["a", "deep", "mind"]
    assert "dissolved" in said(reading, Fate.CHANGED)
    assert "SocietyOfMindAgent" in said(reading, Fate.LOST)


# Graphs.


def flow(builder: DiGraphBuilder, people: list[Any]) -> Reading:
    return imported(GraphFlow(people, builder.build(), max_turns=20))


def test_a_graph_is_drawn_with_its_lines() -> None:
    a, b, c, d = (agent(name) for name in "abcd")
    builder = DiGraphBuilder()
    for one in (a, b, c, d):
        builder.add_node(one)
    builder.add_edge(a, b).add_edge(a, c).add_edge(b, d).add_edge(c, d)
    reading = flow(builder, [a, b, c, d])
    assert edges(reading) == {
        ("a", "done", "b"),
        ("a", "done", "c"),
        ("b", "done", "d"),
        ("c", "done", "d"),
    }
    assert steps(reading)["d"]["config"] == {"agent": "d", "prompt": "${inputs.task}", "conversation": True}
    assert reading.definition["outputs"] == {"result": "${steps.d.output}"}


def test_ways_that_hang_on_words_go_through_a_choice() -> None:
    triage, sales, support = (agent(name) for name in ("triage", "sales", "support"))
    builder = DiGraphBuilder()
    builder.add_node(triage).add_node(sales).add_node(support)
    builder.add_edge(triage, sales, condition="SALES ${x}").add_edge(triage, support, condition="SUPPORT")
    reading = flow(builder, [triage, sales, support])
    branches = steps(reading)["after_triage"]["config"]["branches"]
    assert [branch["label"] for branch in branches] == ["SALES ${x}", "SUPPORT"]
    assert branches[0]["when"] == {"path": "$.triage", "op": "contains", "value": "SALES $${x}"}
    assert edges(reading) == {
        ("triage", "done", "after_triage"),
        ("after_triage", "way_1", "sales"),
        ("after_triage", "way_2", "support"),
    }
    assert "the first is taken" in said(reading, Fate.CHANGED)
    assert reading.definition["outputs"].keys() == {"sales", "support"}


def test_a_circle_becomes_a_loop_that_ends_when_the_way_out_opens() -> None:
    plan, writer, critic, publish = (agent(name) for name in ("plan", "writer", "critic", "publish"))
    builder = DiGraphBuilder()
    for one in (plan, writer, critic, publish):
        builder.add_node(one)
    builder.add_edge(plan, writer, activation_group="first")
    builder.add_edge(writer, critic)
    builder.add_edge(critic, writer, condition="REVISE", activation_group="again")
    builder.add_edge(critic, publish, condition="APPROVE")
    reading = flow(builder, [plan, writer, critic, publish])
    loop = steps(reading)["repeat"]
    assert loop["config"]["mode"] == "until"
    assert loop["config"]["condition"] == {"path": "$.critic", "op": "contains", "value": "APPROVE"}
    assert steps(reading)["writer"]["parent"] == steps(reading)["critic"]["parent"] == "repeat"
    assert edges(reading) == {
        ("plan", "done", "repeat"),
        ("writer", "done", "critic"),
        ("repeat", "done", "publish"),
    }


def test_a_loop_with_two_ways_out_chooses_after_it() -> None:
    a, b, good, bad = (agent(name) for name in ("a", "b", "good", "bad"))
    builder = DiGraphBuilder()
    for one in (a, b, good, bad):
        builder.add_node(one)
    builder.set_entry_point(a)
    builder.add_edge(a, b).add_edge(b, a, condition="MORE", activation_group="again")
    builder.add_edge(b, good, condition="GOOD").add_edge(b, bad, condition="BAD")
    reading = flow(builder, [a, b, good, bad])
    when = [branch["when"]["path"] for branch in steps(reading)["after_repeat"]["config"]["branches"]]
    assert when == ["$.repeat[-1]", "$.repeat[-1]"]
    assert len(steps(reading)["repeat"]["config"]["condition"]["any"]) == 2


def test_a_person_in_a_graph_is_asked_by_a_form() -> None:
    a, person, b = agent("a"), UserProxyAgent("boss"), agent("b")
    builder = DiGraphBuilder()
    builder.add_node(a).add_node(person).add_node(b)
    builder.add_edge(a, person).add_edge(person, b, condition="yes")
    reading = flow(builder, [a, person, b])
    assert steps(reading)["boss"]["type"] == "input"
    assert edges(reading) >= {("boss", "submitted", "after_boss")}
    assert steps(reading)["after_boss"]["config"]["branches"][0]["when"]["path"] == "$.boss.reply"


def test_one_of_several_is_enough_where_the_graph_says_so() -> None:
    a, b, c = agent("a"), agent("b"), agent("c")
    builder = DiGraphBuilder()
    builder.add_node(a).add_node(b).add_node(c, activation="any")
    builder.add_edge(a, c).add_edge(b, c)
    assert steps(flow(builder, [a, b, c]))["c"]["join"] == "any"


# What is no team, what is broken, what is hostile.


def test_other_components_are_refused_by_their_kind() -> None:
    for other in (agent("a"), MagenticOneGroupChat([agent("a")], NoModel())):
        assert is_component(document(other))
        with pytest.raises(InvalidInput, match=type(other).__name__):
            read(document(other), HERE)


def test_a_gallery_entry_is_read_too() -> None:
    team = document(RoundRobinGroupChat([agent("a")]))
    assert is_component({"id": 3, "component": team})
    assert read({"id": 3, "component": team}, HERE).kind == "RoundRobinGroupChat"


def test_our_own_documents_are_no_components() -> None:
    ours: tuple[Any, ...] = ({"steps": []}, {"definition": {}}, [], None, "x", {"provider": 3})
    for one in ours:
        assert not is_component(one)


def test_no_provider_is_ever_imported() -> None:
    team = document(RoundRobinGroupChat([agent("a")]))
    text = json.dumps(team).replace("autogen_agentchat.teams", "antigravity.evil")
    read(json.loads(text.replace("autogen_agentchat.agents", "this.module")), HERE)
    assert not {"antigravity", "this", "evil"} & sys.modules.keys()


def test_what_was_not_carried_over_stays_as_a_note_on_the_canvas() -> None:
    reading = imported(RoundRobinGroupChat([agent("a")]))
    text = reading.definition["notes"][0]["text"]
    assert text.startswith("From AutoGen (RoundRobinGroupChat):")
    assert said(reading, Fate.LOST) in text


_members = [agent("a", handoffs=["b"]), agent("b", tools=[FunctionTool(calculator, "x")])]
BIG = document(Swarm(_members, termination_condition=HandoffTermination("u")))
_builder = DiGraphBuilder()
_one, _two, _end = agent("one"), agent("two"), agent("end")
_builder.add_node(_one).add_node(_two).add_node(_end).set_entry_point(_one)
_builder.add_edge(_one, _two).add_edge(_two, _one, condition="x", activation_group="y")
_builder.add_edge(_two, _end, condition="z")
GRAPH = document(GraphFlow([_one, _two, _end], _builder.build(), max_turns=9))

junk = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.just([]), st.just({}), st.just([{}])
)


def places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [place]
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += places(inner, (*place, key))
    return found


def put(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    if not place:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = put(value[place[0]], place[1:], new)
    return copy


@given(st.data(), st.sampled_from([BIG, GRAPH]), junk)
def test_a_document_with_junk_anywhere_is_read_or_refused(
    data: st.DataObject, good: dict[str, Any], bad: Any
) -> None:
    broken = put(good, data.draw(st.sampled_from(places(good))), bad)
    with contextlib.suppress(InvalidInput):
        assert parse_definition(read(broken, HERE).definition)
