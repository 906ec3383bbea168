"""The command that prints a key."""

import io

import pytest
from django.core.management import CommandError, call_command

from convergio.workspaces import operations
from tests.people import Cast


def run(*args: str) -> str:
    told = io.StringIO()
    call_command("create_api_key", *args, stdout=told)
    return told.getvalue().strip()


def test_it_prints_a_key_that_works_and_nothing_else(cast: Cast) -> None:
    actor = operations.authenticate_key(run("Cleo@example.com", "--scopes", "read, run"))
    assert (actor.user, actor.scopes) == (cast.cleo.user, frozenset({"read", "run"}))


def test_of_several_workspaces_one_is_named(cast: Cast) -> None:
    operations.add_member(cast.cleo.email, "viewer", by=cast.finn.actor)
    with pytest.raises(CommandError, match="acme, elsewhere"):
        run("cleo@example.com")
    key = run("cleo@example.com", "--workspace", "elsewhere")
    assert operations.authenticate_key(key).workspace == cast.elsewhere


@pytest.mark.parametrize(
    "args",
    [
        ("nobody@example.com",),
        ("cleo@example.com", "--workspace", "no"),
        ("cleo@example.com", "--scopes", "x"),
    ],
)
def test_what_cannot_be_is_a_sentence(cast: Cast, args: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        run(*args)
