"""Teams that talk, as a team step; people in them decide afterwards whether the talk goes on."""

from itertools import pairwise
from typing import Any, Final

from convergio.errors import InvalidInput
from workflows.autogen_import.components import Component, id_of, plain, readable
from workflows.autogen_import.endings import Endings, endings
from workflows.autogen_import.people import Company, speech

TASK: Final = {"name": "task", "type": "text", "label": "Task", "required": True}
MOST_MEMBERS: Final = 20
MOST_TURNS: Final = 100
TURNS_UNSAID: Final = 20
"""How long a talk may be that had no limit."""
PROMPT_MOST: Final = 5000
_USUAL_SELECTOR: Final = "You are in a role play game"
"""How AutoGen's own question begins; the product's own does the same."""


def talk(team: Component, company: Company) -> dict[str, Any]:
    """Return the definition of a round-robin, selector or swarm team."""
    company.join(team.parts("participants"))
    limits = endings(team, company.report)
    _invite(company, limits, is_swarm=team.kind == "Swarm")
    if not company.agents:
        raise InvalidInput(f"No agent of this {team.kind} can be read, so nobody could work in it.")
    step = {"id": "team", "type": "team", "name": _name(team), "config": _config(team, company, limits)}
    gates = [_gate(number, *person) for number, person in enumerate(company.people.items(), 1)]
    chain = ["team", *(gate["id"] for gate in gates)]
    edges = [{"source": one, "port": _port(one), "target": two} for one, two in pairwise(chain)]
    return {
        "inputs": [TASK],
        "steps": [step, *gates],
        "edges": edges,
        "outputs": {"result": "${steps.team.output.text}"},
        "guardrails": limits.guardrails,
    }


def _config(team: Component, company: Company, limits: Endings) -> dict[str, Any]:
    members = list(dict.fromkeys(wish.slug for wish in company.agents.values()))
    if len(members) > MOST_MEMBERS:
        company.report.lost("Members", f"A team has at most {MOST_MEMBERS}; the others are left out.")
    config: dict[str, Any] = {
        "mode": "round_robin" if team.kind == "RoundRobinGroupChat" else "selector",
        "members": members[:MOST_MEMBERS],
        "prompt": "${inputs.task}",
        "max_turns": _turns(team, company, limits, len(members)),
        "stop_word": limits.stop_words[0] if limits.stop_words else "",
    }
    return config | {"selector_prompt": _selector(team, company)}


def _turns(team: Component, company: Company, limits: Endings, members: int) -> int:
    if limits.turns:
        return min(MOST_TURNS, limits.turns)
    if company.people and team.kind == "RoundRobinGroupChat":
        return min(MOST_TURNS, members)
    company.report.changed(
        "End of the talk", f"It had no number of turns; here it ends after {TURNS_UNSAID}."
    )
    return TURNS_UNSAID


def _selector(team: Component, company: Company) -> str:
    if team.kind == "Swarm":
        return _handing_over(company)[:PROMPT_MOST]
    if team.kind != "SelectorGroupChat":
        return ""
    if team.config.get("allow_repeated_speaker") is True:
        company.report.lost("Choice of speakers", "Nobody speaks twice in a row here.")
    if team.part("model_client"):
        company.report.changed("Choice of speakers", "The model of the first member chooses who speaks.")
    prompt = team.text("selector_prompt")
    if prompt.startswith(_USUAL_SELECTOR) or not prompt:
        return ""
    company.report.kept("Choice of speakers", "Its question is taken over.")
    return plain(prompt)[:PROMPT_MOST]


def _handing_over(company: Company) -> str:
    company.report.changed(
        "Handoffs", "Who speaks next is chosen by a model that is told who hands over to whom, not by a call."
    )
    slugs = {name: wish.slug.replace("-", "_") for name, wish in company.agents.items()}
    lines = [
        f"- {slugs[one]} hands over to {slugs[two]}{f': {when}' if when else ''}"
        for one, two, when in company.handoffs
        if one in slugs and two in slugs
    ]
    first = next(iter(slugs.values()))
    begin = f"{first} speaks first. Then choose the colleague to whom the last message hands over."
    return plain("\n".join([begin, *(["Handoffs:", *lines] if lines else [])]))


def _invite(company: Company, limits: Endings, *, is_swarm: bool) -> None:
    """People are also those to whom a talk is handed though they take no part in it."""
    targets = [two for _, two, _ in company.handoffs] if is_swarm else []
    for name in dict.fromkeys([*limits.handoffs, *targets]):
        if name not in company.agents:
            company.people.setdefault(name, "")
    for name in company.people:
        company.report.changed(
            name, "A person does not talk along; an approval after the talk asks them, and may send it back."
        )


def _gate(number: int, name: str, about: str) -> dict[str, Any]:
    return {
        "id": f"ask_{id_of(name)}" if number == 1 else f"ask_{id_of(name)}_{number}",
        "type": "approval",
        "name": readable(name),
        "config": {
            "title": f"Is it done? {speech(name, about)}"[:200],
            "data": "${steps.team.output.text}",
            "approvers": ["role:builder", "role:approver"],
            "revise": "team",
        },
    }


def _port(step_id: str) -> str:
    return "done" if step_id == "team" else "approved"


def _name(team: Component) -> str:
    own = team.text("name")
    return readable(own or team.label or "The team")
