"""Forms of steps that lead, ask, wait and reshape."""

from typing import Final

from workflows.panels.fields import Field, Option, Section
from workflows.panels.layouts.talking import Glance
from workflows.panels.offers import Offers

PRIORITIES: Final = tuple(Option(one, one.capitalize()) for one in ("low", "normal", "high", "urgent"))
QUORUM: Final = (("any", "One of them"), ("all", "Each of them"), ("number", "A number of them"))
BRANCHES_END: Final = (
    ("all", "All branches have ended"),
    ("any", "The first branch has ended"),
    ("number", "A number of branches have ended"),
)
MODES: Final = (
    Option("for_each", "For each item of a list"),
    Option("while", "While a condition holds"),
    Option("until", "Until a condition holds"),
)


def condition(glance: Glance, offers: Offers) -> tuple[Section, ...]:
    """The first way whose condition holds is taken."""
    branches = Field(
        "config.branches", "Ways out, tried in this order", "branches", required=True, scope="any"
    )
    return (Section("main", "", (branches,), help="When none holds, the step leaves by “else”."),)


def approval(glance: Glance, offers: Offers) -> tuple[Section, ...]:
    """A person decides."""
    before = tuple(Option(one, title) for one, title in offers.steps)
    main = (
        Field("config.title", "Question", required=True, scope="any"),
        Field("config.description", "What to look at", "prompt", nothing="", scope="any"),
        Field("config.data", "Data to show", "value", scope="any", placeholder="${steps.….output}"),
        Field("config.can_edit", "People may change the data and then approve it", "boolean"),
        _people("config.approvers", "Who may decide", offers),
        Field("config.quorum", "How many must approve", "count", facts={"choices": QUORUM}),
        Field("config.revise", "Changes go back to", "choice", options=before),
        Field("config.max_revisions", "Revisions at most", "integer", required=True),
        _priority(),
    )
    answers = Field("config.answers", "Buttons, each a way on", "answers")
    times = (
        *_times(expires=Field("config.expires_s", "Expires after", "duration", required=True)),
        Field("config.auto_approve_s", "Approved by itself after", "duration"),
        Field("config.separation_of_duties", "Whoever started the run may not decide", "boolean"),
    )
    form = Field(
        "config.form",
        "Questions besides the decision",
        "schema",
        scope="any",
        facts={"none": "None", "prefilled": True},
    )
    return (
        Section("main", "", main),
        Section("answers", "Answers", (answers,), "git-branch", "Empty: approve and reject."),
        Section("deadlines", "Deadlines and duties", times, "clock"),
        _escalation(offers),
        Section("form", "Form", (form,), "text-cursor-input"),
    )


def ask(glance: Glance, offers: Offers) -> tuple[Section, ...]:
    """Somebody fills in a form."""
    main = (
        Field("config.title", "Title of the form", required=True, scope="any"),
        Field("config.description", "What is asked for", "prompt", nothing="", scope="any"),
        Field("config.form", "Questions", "schema", required=True, scope="any", facts={"prefilled": True}),
        _people("config.assignees", "Who may answer", offers),
        _priority(),
    )
    times = _times(expires=Field("config.expires_s", "Expires after", "duration", placeholder="never"))
    return (
        Section("main", "", main),
        Section("deadlines", "Deadlines", times, "clock"),
        _escalation(offers),
    )


def _priority() -> Field:
    return Field("config.priority", "Priority in the inbox", "choice", options=PRIORITIES, required=True)


def _times(*, expires: Field) -> tuple[Field, ...]:
    """Moments in the order in which they come."""
    return (
        Field("config.follow_up_s", "Should be begun with after", "duration"),
        Field("config.due_s", "Due after", "duration"),
        Field("config.remind_s", "Reminder, before it is due", "duration", "Or before it expires."),
        expires,
    )


def _escalation(offers: Offers) -> Section:
    after = Field("config.escalate_s", "When nobody has answered after", "duration", placeholder="never")
    people = _people("config.escalate_to", "Ask them too", offers)
    words = "Who was asked at first may still answer."
    return Section("escalation", "Escalation", (after, people), "bell-ring", words)


def parallel(glance: Glance, offers: Offers) -> tuple[Section, ...]:
    """Steps start at once."""
    main = (
        Field("config.wait_for", "Ends when", "count", facts={"choices": BRANCHES_END, "as_object": True}),
        Field("config.concurrency", "At the same time at most", "integer", placeholder="all"),
    )
    return (Section("main", "", main),)


def sequential(glance: Glance, offers: Offers) -> tuple[Section, ...]:
    """Steps run one after the other; there is nothing to set."""
    return (Section("main", "", (), help="Its steps run in their order. Drag steps into it on the canvas."),)


def loop(glance: Glance, offers: Offers) -> tuple[Section, ...]:
    """Steps repeat."""
    is_list = glance("config.mode") not in ("while", "until")
    source = (
        Field(
            "config.items",
            "Items",
            "value",
            "A list, or a variable that holds one.",
            scope="any",
            required=True,
        )
        if is_list
        else Field("config.condition", "Condition", "condition", scope="inside", required=True)
    )
    errors = (Option("fail", "The loop fails"), Option("skip", "The item is skipped"))
    parallel = (
        (Field("config.concurrency", "Items at the same time", "integer", required=True),) if is_list else ()
    )
    main = (
        Field("config.mode", "Repeats", "choice", options=MODES, required=True),
        source,
        Field("config.max_iterations", "Rounds at most", "integer", required=True),
        *parallel,
        Field("config.on_item_error", "When a round fails", "choice", options=errors, required=True),
        Field(
            "config.result",
            "Result of a round",
            "value",
            "Empty: the output of its last step.",
            scope="inside",
        ),
    )
    return (Section("main", "", main),)


def transform(glance: Glance, offers: Offers) -> tuple[Section, ...]:
    """Data is reshaped."""
    has_source = bool(glance("config.source").strip())
    main = [
        Field(
            "config.value",
            "Value",
            "value",
            "Text, or JSON with variables in it.",
            scope="item" if has_source else "any",
            facts={"rows": 5, "null": True},
        ),
        Field("config.source", "Once for each item of", "value", "Empty: only once.", scope="any"),
    ]
    if has_source or glance("config.filter.kind"):
        main.append(Field("config.filter", "Only items for which", "condition", scope="item"))
    return (Section("main", "", tuple(main)),)


def wait(glance: Glance, offers: Offers) -> tuple[Section, ...]:
    """Time passes, or something happens."""
    return (Section("main", "", (Field("config", "Waits for", "wait", scope="any"),)),)


def _people(name: str, label: str, offers: Offers) -> Field:
    computed = tuple(
        Option(f"${{steps.{one}.output}}", f"Whom “{title}” names", group="Computed")
        for one, title in offers.steps
    )
    options = (*offers.people_options, *computed)
    return Field(name, label, "picks", options=options, facts={"word": "person or group"})
