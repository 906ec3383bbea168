"""Exact arithmetic on a typed expression; its own small evaluator, so nothing but arithmetic can happen."""

import ast
import math
import operator
from collections.abc import Callable
from typing import Annotated, Any

from agents.tools.base import ToolError, tool

LONGEST = 500
LARGEST_POWER = 10_000
LARGEST = 10**100
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}
_NAMES = {"pi": math.pi, "e": math.e}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "round": round,
    "min": min,
    "max": max,
    "sum": lambda *numbers: sum(numbers),
    "mean": lambda *numbers: sum(numbers) / len(numbers),
    "sqrt": math.sqrt,
    "exp": math.exp,
    "ln": math.log,
    "log": math.log,
    "log10": math.log10,
    "floor": math.floor,
    "ceil": math.ceil,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
}
_MARKS = str.maketrans({"×": "*", "÷": "/", "−": "-", "·": "*", "^": "**"})


def evaluate(expression: str) -> int | float:
    """Return what an expression comes to. Raises ToolError, which says what is wrong with it."""
    if len(expression) > LONGEST:
        raise ToolError(f"The expression is longer than {LONGEST} characters.")
    try:
        tree = ast.parse(expression.strip().translate(_MARKS), mode="eval")
        result = _value(tree.body)
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ToolError(f"“{expression}” is not an arithmetic expression.") from error
    except ZeroDivisionError as error:
        raise ToolError("The expression divides by zero.") from error
    except (ArithmeticError, ValueError, TypeError) as error:
        raise ToolError(f"“{expression}” has no numeric result: {error}.") from error
    return _bounded(result)


def _bounded(number: Any) -> int | float:
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        raise ToolError("The expression has no numeric result.")
    if isinstance(number, float) and not math.isfinite(number):
        raise ToolError("The result is not a finite number.")
    if abs(number) > LARGEST:
        raise ToolError("The result is too large.")
    return number


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=int() | float() as number):
            return _bounded(number)
        case ast.Name(id=name) if name in _NAMES:
            return _NAMES[name]
        case ast.UnaryOp(op=sign, operand=operand) if type(sign) in _UNARY:
            return _UNARY[type(sign)](_value(operand))
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _power(_value(left), _value(right))
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _BINARY:
            return _bounded(_BINARY[type(sign)](_value(left), _value(right)))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _FUNCTIONS:
            return _call(name, arguments)
    raise ToolError(
        "Only numbers, + - * / // % **, brackets and functions such as sqrt or mean are understood."
    )


def _call(name: str, arguments: list[ast.expr]) -> Any:
    if len(arguments) > 100:
        raise ToolError("A function takes at most 100 numbers.")
    return _FUNCTIONS[name](*(_value(argument) for argument in arguments))


def _power(base: int | float, exponent: int | float) -> Any:
    if abs(exponent) > LARGEST_POWER or (abs(base) > 1 and abs(exponent) * math.log10(abs(base)) > 100):
        raise ToolError("The power is too large.")
    return _bounded(base**exponent)


@tool(slug="calculator")
def calculator(
    expression: Annotated[
        str, "Arithmetic such as (1200 - 950) / 950 * 100; functions: sqrt, round, mean, …"
    ],
) -> dict[str, Any]:
    """Work out an arithmetic expression exactly. Use it for every calculation instead of estimating."""
    return {"expression": expression, "result": evaluate(expression)}
