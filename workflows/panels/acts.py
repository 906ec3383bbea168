"""What the buttons of a form do before it is saved: rows come, go and move, comparisons become groups. Pure.

An act is the text of a button: `add:config.members`, `remove:config.members.2`, `up:…`, `down:…`,
`all:NAME` and `any:NAME` (put a condition into a group and begin another beside it), `group:NAME` (begin a group
within one), `free:NAME` (take the only condition out of its group), `compare:NAME` and `none:NAME` (begin a condition
where there is none, and take it away).
"""

from collections.abc import Callable
from typing import Final

from workflows.panels.forms import Form, is_number, lies_in


def acted(form: Form, act: str) -> Form:
    """The form after a button was pressed; an act that means nothing changes nothing."""
    verb, _, name = act.partition(":")
    do = _ACTS.get(verb)
    return Form(do(dict(form.values), form, name)) if do and name else form


type _Values = dict[str, str]


def _add(values: _Values, form: Form, name: str) -> _Values:
    rows = form.rows(name)
    return {**values, f"{name}.{rows[-1] + 1 if rows else 0}": ""}


def _remove(values: _Values, form: Form, name: str) -> _Values:
    around, number = _row(name)
    if number is None:
        return values
    kept = {one: text for one, text in values.items() if not lies_in(one, name)}
    for row in (row for row in form.rows(around) if row > number):
        kept = _renamed(kept, f"{around}.{row}", f"{around}.{row - 1}")
    return kept


def _up(values: _Values, form: Form, name: str) -> _Values:
    return _swapped(values, form, name, -1)


def _down(values: _Values, form: Form, name: str) -> _Values:
    return _swapped(values, form, name, 1)


def _swapped(values: _Values, form: Form, name: str, by: int) -> _Values:
    around, number = _row(name)
    rows = form.rows(around)
    if number not in rows or not 0 <= rows.index(number) + by < len(rows):
        return values
    other = f"{around}.{rows[rows.index(number) + by]}"
    values = _renamed(values, name, "\0")
    values = _renamed(values, other, name)
    return _renamed(values, "\0", other)


def _all(values: _Values, form: Form, name: str) -> _Values:
    return _grouped(values, form, name, "all")


def _any(values: _Values, form: Form, name: str) -> _Values:
    return _grouped(values, form, name, "any")


def _grouped(values: _Values, form: Form, name: str, kind: str) -> _Values:
    rest = {one: text for one, text in values.items() if not lies_in(one, name)}
    inner = _renamed(form.under(name), name, f"{name}.items.0")
    return {**rest, f"{name}.kind": kind, **inner, **_blank(f"{name}.items.1")}


def _group(values: _Values, form: Form, name: str) -> _Values:
    rows = form.rows(f"{name}.items")
    inner = f"{name}.items.{rows[-1] + 1 if rows else 0}"
    return {**values, f"{inner}.kind": "any", **_blank(f"{inner}.items.0"), **_blank(f"{inner}.items.1")}


def _free(values: _Values, form: Form, name: str) -> _Values:
    rows = form.rows(f"{name}.items")
    if len(rows) != 1:
        return values
    rest = {one: text for one, text in values.items() if not lies_in(one, name)}
    only = f"{name}.items.{rows[0]}"
    return {**rest, **_renamed(form.under(only), only, name)}


def _compare(values: _Values, form: Form, name: str) -> _Values:
    return {**_none(values, form, name), **_blank(name)}


def _none(values: _Values, form: Form, name: str) -> _Values:
    rest = {one: text for one, text in values.items() if not lies_in(one, name)}
    return {**rest, f"{name}.kind": ""}


def _blank(name: str) -> _Values:
    return {f"{name}.kind": "compare", f"{name}.path": "", f"{name}.op": "eq", f"{name}.value": ""}


def _row(name: str) -> tuple[str, int | None]:
    around, _, number = name.rpartition(".")
    return around, int(number) if around and is_number(number) else None


def _renamed(values: _Values, old: str, new: str) -> _Values:
    return {new + one[len(old) :] if lies_in(one, old) else one: text for one, text in values.items()}


_ACTS: Final[dict[str, Callable[[_Values, Form, str], _Values]]] = {
    "add": _add,
    "remove": _remove,
    "up": _up,
    "down": _down,
    "all": _all,
    "any": _any,
    "group": _group,
    "free": _free,
    "compare": _compare,
    "none": _none,
}
