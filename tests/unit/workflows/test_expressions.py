"""Template variables: what they mean, what is refused, and that nothing is ever evaluated."""

import contextlib
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convergio.errors import InvalidInput
from workflows.expressions import (
    ABSENT,
    MAX_RESULT,
    ExpressionError,
    MissingVariable,
    Scope,
    TemplateTooLarge,
    Variable,
    as_text,
    kind_of,
    parse,
    resolve,
    user_input,
    variables_in,
)
from workflows.schema import InputField

SCOPE = Scope(
    inputs={"market": "Europe", "count": 3, "file": {"name": "a.csv"}},
    outputs={"research": {"score": 0.5, "rows": [{"Total sales": 4}, {"Total sales": 5}], "none": None}},
    context={"tone": "dry", "key-2": 1},
    item={"name": "first"},
    loop={"index": 0, "number": 1},
    step="write",
)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("${inputs.market}", "Europe"),
        ("${inputs.count}", 3),
        ("${ inputs.count }", 3),
        ("${user_input}", "Europe"),
        ("${inputs.file.name}", "a.csv"),
        ("${steps.research.output}", SCOPE.outputs["research"]),  # type: ignore[index]
        ("${steps.research.output.score}", 0.5),
        ("${steps.research.output.rows[1]}", {"Total sales": 5}),
        ("${steps.research.output.rows[-1]['Total sales']}", 5),
        ('${steps.research.output.rows[0]["Total sales"]}', 4),
        ("${steps.research.output.none}", None),
        ("${context.tone}", "dry"),
        ("${context.key-2}", 1),
        ("${item}", {"name": "first"}),
        ("${item.name}", "first"),
        ("${loop.index}", 0),
        ("${loop.number}", 1),
        ("${inputs['market']}", "Europe"),
    ],
)
def test_a_string_that_is_one_variable_gives_the_value_with_its_type(template: str, expected: Any) -> None:
    assert resolve(template, SCOPE) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("", ""),
        ("no variable", "no variable"),
        ("Market ${inputs.market}!", "Market Europe!"),
        ("${inputs.market}${inputs.count}", "Europe3"),
        ("x${steps.research.output.none}y", "xy"),
        ("row: ${steps.research.output.rows[0]}", 'row: {"Total sales":4}'),
        ("costs $5 and {braces}", "costs $5 and {braces}"),
        ("literal $${inputs.market}", "literal ${inputs.market}"),
        ("$${", "${"),
        ("$$${inputs.market}", "$${inputs.market}"),
    ],
)
def test_within_other_text_values_become_text(template: str, expected: str) -> None:
    assert resolve(template, SCOPE) == expected


def test_nested_json_is_resolved_and_other_values_stay() -> None:
    value = {
        "a": ["${inputs.count}", 1.5, True, None],
        "b": {"c": "on ${inputs.market}"},
        "t": ("${loop.index}",),
    }
    assert resolve(value, SCOPE) == {"a": [3, 1.5, True, None], "b": {"c": "on Europe"}, "t": [0]}


def test_what_a_value_holds_is_not_resolved_again() -> None:
    scope = Scope(inputs={"evil": "${inputs.secret}", "secret": "s3"})
    assert resolve("${inputs.evil} and more", scope) == "${inputs.secret} and more"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        (None, ""),
        (3.0, "3"),
        (0.25, "0.25"),
        (1e300, "1e+300"),
        (True, "true"),
        ([1, "é"], '[1,"é"]'),
        (["one", "two"], "one\ntwo"),
        (["| a | 1 |", "| b | 2 |"], "| a | 1 |\n| b | 2 |"),
        ([], "[]"),
    ],
)
def test_values_read_well_as_text(value: Any, text: str) -> None:
    assert as_text(value) == text


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("${inputs.mark}", ["no input 'mark'", "count, file, market"]),
        ("${context.x}", ["no context key 'x'", "key-2, tone"]),
        ("${steps.other.output}", ["step 'other' has no output", "research"]),
        ("${steps.research.output.scor}", ["no field 'scor'", "none, rows, score"]),
        ("${steps.research.output.score.x}", [".score is a number", "'x'"]),
        ("${steps.research.output.score[0]}", [".score is a number", "[0]"]),
        ("${steps.research.output.rows[2]}", [".rows has 2 entries", "[2]"]),
        ("${steps.research.output.rows[0].x}", ["no field 'x'", "Total sales"]),
        ("${inputs.market.x}", ["it is text"]),
    ],
)
def test_a_missing_name_names_step_variable_and_what_there_is(template: str, words: list[str]) -> None:
    with pytest.raises(MissingVariable) as caught:
        resolve(f"some text {template}", SCOPE)
    for word in ["Step 'write'", template, *words]:
        assert word in caught.value.sentence
    assert caught.value.details[0]["variable"] == template
    assert isinstance(caught.value, InvalidInput)


@pytest.mark.parametrize("template", ["${item}", "${item.name}", "${loop.index}", "${user_input}"])
def test_outside_of_a_loop_there_is_no_item(template: str) -> None:
    with pytest.raises(MissingVariable):
        resolve(template, Scope(inputs={"count": 3}))


def test_a_quoted_name_may_hold_anything_but_a_quote() -> None:
    assert resolve("${item['${x}']} and ${item['a.b}']}", Scope(item={"${x}": 1, "a.b}": 2})) == "1 and 2"


def test_outputs_may_be_a_function_that_raises_key_error() -> None:
    def outputs(step_id: str) -> Any:
        return {"a": 1}[step_id]

    assert resolve("${steps.a.output}", Scope(outputs=outputs)) == 1
    with pytest.raises(MissingVariable, match="has no output here"):
        resolve("${steps.b.output}", Scope(outputs=outputs))


def test_a_long_list_of_names_is_cut() -> None:
    with pytest.raises(MissingVariable, match="…"):
        resolve("${inputs.x}", Scope(inputs={f"name{n}": n for n in range(30)}))


@pytest.mark.parametrize(
    ("inputs", "fields", "expected"),
    [
        ({"user_input": 7, "a": "x"}, [], 7),
        ({"n": 1, "a": "x", "b": "y"}, [], "x"),
        ({"a": "x", "b": "y"}, [{"name": "b", "type": "text"}, {"name": "a"}], "y"),
        ({"a": "2026-01-01", "b": "y"}, [{"name": "a", "type": "date"}, {"name": "b"}], "y"),
        ({"a": None, "b": "y"}, [{"name": "a"}, {"name": "b"}], "y"),
        ({"n": 1}, [{"name": "n", "type": "integer"}], ABSENT),
        ({}, [], ABSENT),
    ],
)
def test_user_input_is_the_input_of_that_name_or_the_first_text(
    inputs: Any, fields: Any, expected: Any
) -> None:
    assert user_input(inputs, [InputField.model_validate(one) for one in fields]) == expected


@pytest.mark.parametrize(
    "template",
    [
        "${",
        "${}",
        "${inputs.a",
        "${inputs.a + 1}",
        "${inputs.a()}",
        "${__import__('os').system('id')}",
        "${inputs.__class__}",
        "${inputs['__class__']}",
        "${item.__dict__}",
        "${inputs}",
        "${inputs[0]}",
        "${inputs.}",
        "${context}",
        "${steps.a}",
        "${steps.a.input}",
        "${steps[0].output}",
        "${loop}",
        "${loop.size}",
        "${loop.index.x}",
        "${user_input.x}",
        "${input.a}",
        "${os.environ}",
        "${inputs.a if 1 else 2}",
        "${inputs.a | upper}",
        "${inputs.a[b]}",
        "${inputs.a[1:2]}",
        "${inputs.a; drop}",
        "${{inputs.a}}",
        "${inputs.a.${inputs.b}}",
        "${1}",
        "${inputs." + "a." * 40 + "a}",
    ],
)
def test_what_looks_like_code_is_refused_with_its_position(template: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        variables_in(f"1234{template}")
    assert "position" in caught.value.sentence
    with pytest.raises(ExpressionError):
        resolve(template, SCOPE)


def test_a_mistyped_root_gets_a_suggestion() -> None:
    with pytest.raises(ExpressionError, match="Did you mean 'inputs'"):
        parse("${input.x}")


def test_variables_in_finds_all_in_nested_json_in_order() -> None:
    found = variables_in(
        {"a": "${inputs.x} ${steps.s.output.f[0]}", "b": ["${item}", 3, "$${inputs.no}"], "c": None}
    )
    assert found == (
        Variable("inputs", ("x",), "${inputs.x}"),
        Variable("steps", ("s", "output", "f", 0), "${steps.s.output.f[0]}"),
        Variable("item", (), "${item}"),
    )
    assert [one.name for one in found] == ["x", "s", None]
    assert [one.fields for one in found] == [(), ("f", 0), ()]


def test_a_template_that_grows_too_large_is_refused() -> None:
    big = Scope(inputs={"big": "x" * 600_000, "list": ["y" * 700_000]})
    with pytest.raises(TemplateTooLarge, match="2,000,000"):
        resolve("${inputs.big}" * 4, big)
    with pytest.raises(TemplateTooLarge):
        resolve(["${inputs.list}"] * 3, big)
    with pytest.raises(TemplateTooLarge):
        resolve("x" * (MAX_RESULT + 1), big)
    assert len(resolve("${inputs.big}" * 3, big)) == 1_800_000


def test_deep_nesting_is_refused_and_not_a_recursion_error() -> None:
    deep: Any = "${inputs.market}"
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(ExpressionError, match="64 levels"):
        variables_in(deep)
    with pytest.raises(ExpressionError, match="64 levels"):
        resolve(deep, SCOPE)


def test_a_hostile_text_is_read_in_linear_time() -> None:
    started = time.process_time()
    for text in (
        "${" * 20_000,
        "$" * 200_001 + " ",
        "${inputs." + "a" * 190_000,
        "${inputs.a" + "[1]" * 60_000,
    ):
        with pytest.raises(ExpressionError):
            variables_in(text + "${")
    assert time.process_time() - started < 5


def test_kinds_have_plain_words() -> None:
    values: tuple[Any, ...] = (None, True, 1, 1.5, "a", [], {})
    words = [kind_of(value) for value in values]
    assert words == ["empty", "true or false", "a number", "a number", "text", "a list", "an object"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(JSON)
def test_any_value_goes_through_a_variable_unchanged(value: Any) -> None:
    assert resolve("${inputs.x}", Scope(inputs={"x": value})) == value
    assert json.dumps(resolve({"a": ["${item}"]}, Scope(item=value))) == json.dumps({"a": [value]})


@given(st.text())
def test_any_text_can_be_written_with_the_escape(text: str) -> None:
    assert resolve(text.replace("${", "$${"), Scope()) == text


@given(st.text(alphabet="${}.[]'\"abinputs steps._0-9()+", max_size=60))
def test_any_text_gives_a_result_or_a_refusal(text: str) -> None:
    with contextlib.suppress(InvalidInput):
        resolve(text, SCOPE)
