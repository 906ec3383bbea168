"""Forms of steps that do work: agents, teams, tools and other workflows."""

from collections.abc import Callable

from workflows.panels.fields import Field, Option, Section
from workflows.panels.offers import Offers, ToolOffer
from workflows.schema import InputField

type Glance = Callable[[str], str]


def agent(glance: Glance, offers: Offers) -> tuple[Section, ...]:
    """An agent works on a prompt."""
    main = (
        Field("config.agent", "Agent", "agent", options=offers.agent_options),
        Field(
            "config.prompt",
            "Prompt",
            "prompt",
            "What is to be done. Type ${ for a variable.",
            nothing="",
            scope="any",
        ),
    )
    more = (
        Field("config.capability", "Or any agent that can", "choice", options=offers.capability_options),
        Field("config.tools", "Tools", "tools", options=offers.tool_options),
        _asks_first(offers),
        Field("config.model", "Model", "choice", "Empty: the agent's own.", options=_models(offers)),
        Field("config.max_tokens", "Longest answer", "integer", unit="tokens"),
        Field("config.conversation", "Sees what earlier agents of this run said", "boolean"),
        Field("config.handoff", "Hands over to the agents after it", "handoff"),
    )
    return (Section("main", "", main), Section("agent", "Model, tools and handover", more, "bot"))


def team(glance: Glance, offers: Offers) -> tuple[Section, ...]:
    """Several agents talk."""
    modes = (Option("round_robin", "In turns"), Option("selector", "A model says who is next"))
    members = Field(
        "config.members", "Members", "picks", options=offers.agent_options, facts={"word": "member"}
    )
    main = [
        members,
        Field("config.mode", "Who speaks", "choice", options=modes, required=True),
        Field(
            "config.prompt",
            "Task",
            "prompt",
            "What they talk about. Type ${ for a variable.",
            nothing="",
            scope="any",
        ),
        Field("config.max_turns", "Turns at most", "integer", required=True),
        Field("config.stop_word", "Ends when one says", nothing="", placeholder="DONE"),
        Field("config.max_tokens", "Longest contribution", "integer", unit="tokens"),
        _asks_first(offers),
    ]
    if glance("config.mode") == "selector":
        main.append(
            Field("config.selector_prompt", "How the next one is chosen", "prompt", nothing="", scope="any")
        )
    return (Section("main", "", tuple(main)),)


def tool(glance: Glance, offers: Offers) -> tuple[Section, ...]:
    """A tool is called once."""
    chosen = offers.tool(glance("config.tool"))
    main = (
        Field(
            "config.tool",
            "Tool",
            "choice",
            chosen.description if chosen else "",
            required=True,
            options=offers.tool_options,
        ),
        Field(
            "config.arguments",
            "Arguments",
            "mapping",
            "Type ${ for a variable.",
            options=arguments_of(chosen),
            scope="any",
            facts={"key": "Argument"},
        ),
        Field("config.ask_first", "A person must allow the call", "boolean"),
    )
    return (Section("main", "", main),)


def _asks_first(offers: Offers) -> Field:
    words = "Asks a person before each call of"
    return Field("config.ask_first", words, "picks", options=offers.tool_options, facts={"word": "tool"})


def workflow(glance: Glance, offers: Offers) -> tuple[Section, ...]:
    """Another workflow runs."""
    options = tuple(Option(one.slug, one.name) for one in offers.workflows)
    chosen = offers.workflow(glance("config.workflow"))
    asked = tuple(map(_asked, chosen.inputs)) if chosen else ()
    main = (
        Field("config.workflow", "Workflow", "choice", required=True, options=options),
        Field(
            "config.inputs",
            "Its inputs",
            "mapping",
            "What it is given. Type ${ for a variable.",
            options=asked,
            scope="any",
            facts={"key": "Input"},
        ),
        Field("config.version", "Version", "integer", "Empty: the newest that is published."),
    )
    return (Section("main", "", main),)


def arguments_of(tool: ToolOffer | None) -> tuple[Option, ...]:
    """A tool's arguments as known names."""
    schema = tool.parameters if tool else {}
    needed = schema.get("required", ())
    return tuple(
        Option(
            name,
            name.replace("_", " ").capitalize(),
            str(one.get("description", "")),
            required=name in needed,
            kind=_type(one),
        )
        for name, one in schema.get("properties", {}).items()
    )


def _type(schema: dict[str, object]) -> str:
    return {"integer": "number", "array": "list"}.get(
        str(schema.get("type", "")), str(schema.get("type", ""))
    )


def _asked(field: InputField) -> Option:
    return Option(
        field.name, field.label or field.name, field.help, required=field.required, kind=str(field.type)
    )


def _models(offers: Offers) -> tuple[Option, ...]:
    return tuple(Option(one, one) for one in offers.models)
