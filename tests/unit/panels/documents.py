"""Random step documents with every setting that a form has, not only those that a random run needs."""

from typing import Any

from hypothesis import strategies as st

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=30)
WORDS = st.from_regex(r"[a-z]{1,8}", fullmatch=True)
NAMES = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_]{0,10}", fullmatch=True)
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**9), 10**9),
        st.floats(allow_nan=False, allow_infinity=False),
        TEXTS,
    )
    | st.sampled_from(
        ["5", "true", "null", '"quoted"', "{", "[1", "${inputs.x}", " padded ", "1e400", "NaN", ""]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)
SECONDS = st.one_of(st.integers(1, 86_400 * 30).map(float), st.floats(0.001, 86_400 * 300))
PATHS = st.sampled_from(["$.a.b", "${inputs.x}", "$.loop.index"])
COMPARISONS = st.one_of(
    st.fixed_dictionaries(
        {
            "path": PATHS,
            "op": st.sampled_from(["eq", "ne", "gt", "lte", "contains", "matches"]),
            "value": VALUES,
        }
    ),
    st.fixed_dictionaries(
        {
            "path": PATHS,
            "op": st.just("in"),
            "value": VALUES.filter(lambda v: not isinstance(v, bool | int | float)),
        }
    ),
    st.fixed_dictionaries(
        {"path": PATHS, "op": st.just("exists"), "value": st.sampled_from([None, True, False])}
    ),
)
CONDITIONS = st.recursive(
    COMPARISONS,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"all": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"not_": inner}),
    ),
    max_leaves=6,
)
PROPERTIES = st.one_of(
    st.sampled_from(
        [
            {"type": "string"},
            {"type": "string", "format": "textarea", "maxLength": 500},
            {"type": "string", "format": "date", "title": "When"},
            {"type": "string", "format": "uuid"},
            {"type": "string", "enum": ["a", "b c"]},
            {"type": "number", "minimum": 0, "description": "How many"},
            {"type": "integer"},
            {"type": "boolean", "default": True},
            {"type": "string", "default": "${steps.a.output}"},
            {"type": ["integer", "null"], "default": None},
            {"type": "integer", "default": None},
            {"type": "array", "items": {"type": "string"}, "maxItems": 3},
            {"type": "array", "items": {"type": "object", "properties": {"x": {"type": "string"}}}},
            {"type": ["string", "null"]},
            {"anyOf": [{"type": "string"}, {"type": "null"}]},
            {"type": "object", "properties": {"deep": {"type": "string"}}},
            {},
        ]
    )
)


@st.composite
def schemas(draw: st.DrawFn) -> dict[str, Any]:
    """An object's schema, sometimes with what rows cannot say."""
    properties = draw(st.dictionaries(NAMES, PROPERTIES, max_size=4))
    needed = [name for name in properties if draw(st.booleans())]
    extra = draw(st.sampled_from([{}, {"title": "Answer"}, {"additionalProperties": False}]))
    found = {"type": "object", "properties": properties, **extra}
    return {**found, "required": needed} if needed else found


SCHEMAS = st.one_of(
    schemas(), st.sampled_from([{}, {"type": "array"}, {"$ref": "#/x"}, {"type": "object", "required": []}])
)
PEOPLE = st.lists(
    st.sampled_from(["role:approver", "group:board", "user:a@b.c", "${steps.who.output}"]),
    max_size=3,
    unique=True,
)
SLUGS = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)


def _some(**parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=parts)


def _config(needed: dict[str, Any], **parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(needed, optional=parts)


COUNTS = st.one_of(st.sampled_from(["all", "any"]), st.builds(lambda n: {"first": n}, st.integers(1, 9)))
COMMON = _some(
    name=TEXTS,
    notes=TEXTS,
    join=COUNTS,
    timeout_s=SECONDS,
    retry=_some(
        attempts=st.integers(1, 20),
        backoff_s=st.floats(0, 3600),
        factor=st.floats(1, 10),
        max_s=SECONDS.filter(lambda s: s <= 86_400),
        jitter=st.floats(0, 1),
    ),
    on_error=st.one_of(
        st.builds(lambda value: {"action": "continue", "default": value}, VALUES),
        st.sampled_from([{"action": "fail"}, {"action": "port"}, {"action": "fallback", "agent": "other"}]),
        st.sampled_from(
            [{"action": "ask"}, {"action": "ask", "assignees": ["group:board"], "expires_s": 3_600}]
        ),
    ),
    guardrails=_some(
        max_requests=st.integers(0, 99),
        max_tokens=st.integers(0, 10**7),
        max_cost=st.floats(0, 100),
        max_wall_s=SECONDS,
        on_breach=st.sampled_from(["stop", "ask"]),
        assignees=st.sampled_from([[], ["role:owner"], ["group:board", "user:ada@example.com"]]),
    ),
    sla=st.builds(
        lambda s, more: {"target_s": s, **more},
        SECONDS,
        st.sampled_from([{}, {"escalate_to": ["group:board", "role:owner"]}, {"start_workflow": "rescue"}]),
    ),
    output_schema=SCHEMAS,
    set_context=st.dictionaries(WORDS, TEXTS, max_size=3),
)
ANSWERS = st.lists(
    st.fixed_dictionaries(
        {"id": NAMES},
        optional={
            "label": TEXTS,
            "counts_as": st.sampled_from(["approve", "reject"]),
            "needs_comment": st.booleans(),
        },
    ),
    max_size=4,
).filter(lambda answers: len(answers) != 1)
TIMES: dict[str, st.SearchStrategy[Any]] = {
    "priority": st.sampled_from(["low", "normal", "high", "urgent"]),
    "due_s": SECONDS,
    "follow_up_s": SECONDS,
    "remind_s": SECONDS,
    "escalate_s": SECONDS,
    "escalate_to": PEOPLE,
}
CONFIGS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "agent": _config(
        {},
        agent=SLUGS,
        capability=WORDS,
        prompt=TEXTS,
        tools=st.lists(SLUGS, max_size=3),
        ask_first=st.lists(SLUGS, max_size=2),
        model=WORDS,
        max_tokens=st.integers(1, 200_000),
        conversation=st.booleans(),
        handoff=st.builds(
            lambda keys, why: {"keys": keys, "reason": why}, st.lists(WORDS, max_size=2), TEXTS
        ),
    ),
    "team": _config(
        {"members": st.lists(SLUGS, min_size=1, max_size=4)},
        mode=st.sampled_from(["round_robin", "selector"]),
        prompt=TEXTS,
        max_turns=st.integers(1, 100),
        stop_word=TEXTS,
        max_tokens=st.integers(1, 200_000),
        selector_prompt=TEXTS,
    ),
    "tool": _config({"tool": SLUGS}, arguments=st.dictionaries(WORDS, VALUES, max_size=4)),
    "condition": _config(
        {
            "branches": st.lists(
                st.fixed_dictionaries({"port": NAMES, "when": CONDITIONS}, optional={"label": TEXTS}),
                min_size=1,
                max_size=3,
            )
        }
    ),
    "approval": _config(
        {"title": WORDS},
        description=TEXTS,
        data=VALUES,
        approvers=PEOPLE,
        quorum=st.one_of(st.sampled_from(["any", "all"]), st.integers(1, 50)),
        can_edit=st.booleans(),
        answers=ANSWERS,
        expires_s=SECONDS,
        auto_approve_s=SECONDS,
        separation_of_duties=st.booleans(),
        revise=NAMES,
        max_revisions=st.integers(1, 20),
        form=SCHEMAS,
        **TIMES,
    ),
    "input": _config(
        {"title": WORDS, "form": SCHEMAS}, description=TEXTS, assignees=PEOPLE, expires_s=SECONDS, **TIMES
    ),
    "parallel": _config({}, wait_for=COUNTS, concurrency=st.integers(1, 100)),
    "sequential": st.just({}),
    "loop": st.one_of(
        _config(
            {"items": VALUES.filter(lambda v: v is not None)},
            max_iterations=st.integers(1, 99),
            result=VALUES,
        ),
        _config({"mode": st.sampled_from(["while", "until"]), "condition": CONDITIONS}, result=VALUES),
    ),
    "transform": st.one_of(
        _config({"value": VALUES}),
        _config({"value": VALUES, "source": VALUES.filter(lambda v: v is not None)}, filter=CONDITIONS),
    ),
    "wait": st.one_of(
        st.builds(lambda s: {"seconds": s}, SECONDS),
        st.just({"until": "${inputs.when}"}),
        st.builds(lambda s: {"event": "order.paid", "expires_s": s}, SECONDS),
    ),
    "workflow": _config(
        {"workflow": SLUGS}, version=st.integers(1, 99), inputs=st.dictionaries(WORDS, VALUES, max_size=3)
    ),
}


@st.composite
def step_documents(draw: st.DrawFn, kind: str = "") -> dict[str, Any]:
    """A random step of a type, or of any."""
    chosen = kind or draw(st.sampled_from(sorted(CONFIGS)))
    return {"id": "it", "type": chosen, "config": draw(CONFIGS[chosen]), **draw(COMMON)}
