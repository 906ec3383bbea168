"""Judging one SELECT statement by its words, so that it can reach nothing but what is exposed. Pure.

A relation can only be named by an identifier, and a function only by an identifier before a bracket. So it is enough
that no identifier is the name of a real relation, that every called function is on a short list, and that nothing
hides identifiers: no comments, dollar quotes, escape strings, or second statements.
"""

import itertools
import re
from collections.abc import Collection
from dataclasses import dataclass

LONGEST = 5_000
MOST_GROWING = 12
"""How often a query may put texts together: each time can double what the last one made."""

_TOKEN = re.compile(
    r"""
    (?P<blank>\s+)
  | (?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)
  | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<quoted>"(?:[^"\x00]|"")+")
  | (?P<text>'(?:[^'\x00\\]|'')*')
  | (?P<sign>::|<=|>=|<>|!=|\|\||[-+*/%<>=(),.\[\]:;])
    """,
    re.VERBOSE,
)

FUNCTIONS = frozenset(
    """
    count sum avg min max stddev stddev_pop stddev_samp variance var_pop var_samp percentile_cont percentile_disc
    mode corr bool_and bool_or every string_agg array_agg
    abs ceil ceiling floor round trunc sqrt power mod sign ln log exp greatest least
    coalesce nullif
    lower upper initcap length char_length trim ltrim rtrim btrim substring substr left right replace position
    split_part concat concat_ws strpos starts_with to_char to_date
    date_trunc date_part extract age now make_date make_interval
    row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value
    cast
    """.split()  # noqa: SIM905 - a page of words reads better than a page of quotes
)
"""What may stand before a bracket, besides the keywords below."""

GROWING = frozenset({"concat", "concat_ws", "replace", "string_agg", "array_agg"})

BRACKET_WORDS = frozenset(
    """
    and any all array as between by case distinct else except exists filter from group having in intersect interval
    is join lateral like ilike limit not numeric decimal varchar char timestamp time offset on or order over partition
    select some then union using values when where with within
    """.split()  # noqa: SIM905 - a page of words reads better than a page of quotes
)

FORBIDDEN = frozenset(
    """
    into table insert update delete merge truncate create alter drop grant revoke copy call do execute prepare
    deallocate listen notify load lock reset set show vacuum analyze explain declare fetch move cluster reindex
    comment security begin commit rollback savepoint xml information_schema
    """.split()  # noqa: SIM905 - a page of words reads better than a page of quotes
)


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of a statement; identifiers are folded as PostgreSQL folds them."""

    kind: str
    text: str

    @property
    def name(self) -> str:
        """The identifier that this is, or nothing."""
        if self.kind == "word":
            return self.text.lower()
        return self.text[1:-1].replace('""', '"') if self.kind == "quoted" else ""


def tokens(statement: str) -> list[Token] | str:
    """Return a statement in pieces, or what in it is not understood."""
    found: list[Token] = []
    at = 0
    while at < len(statement):
        match = _TOKEN.match(statement, at)
        if match is None:
            return f"{statement[at : at + 20]!r} cannot be used in a query here"
        kind = match.lastgroup or ""
        if kind != "blank":
            found.append(Token(kind, match.group()))
        at = match.end()
        if kind == "word" and statement[at : at + 1] in ("'", "$", "&"):
            return "strings with a prefix cannot be used in a query here"
    return found


def fault(statement: str, relations: Collection[str], exposed: Collection[str]) -> str:
    """Return why a statement may not run, or nothing. `relations` are the names of all real tables and views."""
    if len(statement) > LONGEST:
        return f"The query is longer than {LONGEST:,} characters."
    pieces = tokens(statement)
    if isinstance(pieces, str):
        return f"{pieces[0].upper()}{pieces[1:]}."
    if not pieces or pieces[0].name not in ("select", "with"):
        return "Only one SELECT statement can be run."
    if any(piece.text == ";" for piece in pieces):
        return "Only one statement can be run, without a semicolon."
    return (
        _growth_fault(pieces)
        or _brackets_fault(pieces)
        or _names_fault(pieces, relations, exposed)
        or _calls_fault(pieces)
    )


def _growth_fault(pieces: list[Token]) -> str:
    """A few characters that double thirty times fill the memory of the database."""
    if any(piece.kind == "word" and piece.name == "recursive" for piece in pieces):
        return "“recursive” cannot be used in a query here."
    count = sum(piece.text == "||" or piece.name in GROWING for piece in pieces)
    if count > MOST_GROWING:
        return f"The query puts texts together {count} times; at most {MOST_GROWING} are allowed."
    return ""


def _brackets_fault(pieces: list[Token]) -> str:
    """The statement is put in brackets, out of which it must not be able to climb."""
    depth = 0
    for piece in pieces:
        depth += {"(": 1, ")": -1}.get(piece.text, 0)
        if depth < 0:
            break
    return "The brackets of the query do not match." if depth else ""


def _names_fault(pieces: list[Token], relations: Collection[str], exposed: Collection[str]) -> str:
    for piece in pieces:
        name = piece.name
        if piece.kind == "word" and name in FORBIDDEN:
            return f"“{name}” cannot be used in a query here."
        if name.startswith("pg_") or (name in relations and name not in exposed):
            return f"There is no table “{name}” here; there are {', '.join(sorted(exposed))}."
    return ""


def _calls_fault(pieces: list[Token]) -> str:
    for piece, after in itertools.pairwise(pieces):
        if after.text != "(" or not piece.name:
            continue
        allowed = piece.name in FUNCTIONS or (piece.kind == "word" and piece.name in BRACKET_WORDS)
        if not allowed and not _names_columns(pieces, piece):
            return f"The function “{piece.name}” cannot be used in a query here."
    return ""


def _names_columns(pieces: list[Token], piece: Token) -> bool:
    """Tell whether a bracket after a name lists columns: `WITH name (a, b) AS (SELECT …)`.

    No function call looks like this: what follows its `AS` is a name, or columns with their types, never a query.
    """
    at = next(index for index, other in enumerate(pieces) if other is piece)
    before = pieces[at - 1] if at else None
    if before is None or (before.name not in ("with", "recursive") and before.text != ","):
        return False
    close = next((index for index in range(at + 2, len(pieces)) if pieces[index].text in "()"), at)
    only_names = all(one.name or one.text == "," for one in pieces[at + 2 : close])
    opening = [one.text.lower() for one in pieces[close : close + 4]]
    return only_names and opening[:3] == [")", "as", "("] and opening[3:] in (["select"], ["with"])
