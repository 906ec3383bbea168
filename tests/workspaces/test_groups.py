"""Groups that approvals are addressed to."""

import pytest

from convergio.errors import InvalidInput, NotAllowed, NotFound
from convergio.workspaces import operations, queries
from convergio.workspaces.models import Group
from tests.people import Cast


def test_a_group_has_exactly_the_members_it_is_given(cast: Cast) -> None:
    group = operations.create_group(name="Legal Team", by=cast.ben.actor)
    operations.set_group_members(group, [cast.dan.member, cast.cleo.member], by=cast.ben.actor)
    operations.set_group_members(group, [cast.cleo.member], by=cast.ben.actor)
    assert (group.slug, list(group.members.all())) == ("legal-team", [cast.cleo.member])


@pytest.mark.parametrize("role", ["builder", "approver", "viewer"])
def test_who_does_not_administer_changes_no_group(cast: Cast, role: str) -> None:
    by, board = cast.by_role[role].actor, Group.objects.get(slug="board")
    with pytest.raises(NotAllowed):
        operations.create_group(name="New", by=by)
    with pytest.raises(NotAllowed):
        operations.set_group_members(board, [], by=by)
    with pytest.raises(NotAllowed):
        operations.delete_group(board, by=by)


def test_a_slug_names_one_group(cast: Cast) -> None:
    with pytest.raises(InvalidInput, match="already"):
        operations.create_group(name="BOARD", by=cast.ada.actor)
    assert operations.create_group(name="Board", by=cast.finn.actor).workspace == cast.elsewhere


def test_strangers_are_not_put_into_a_group(cast: Cast) -> None:
    board = Group.objects.get(slug="board")
    with pytest.raises(NotFound):
        operations.set_group_members(board, [cast.finn.member], by=cast.ada.actor)
    with pytest.raises(NotFound):
        operations.set_group_members(board, [], by=cast.finn.actor)
    with pytest.raises(NotFound):
        operations.delete_group(board, by=cast.finn.actor)


def test_a_group_can_be_removed(cast: Cast) -> None:
    operations.delete_group(Group.objects.get(slug="board"), by=cast.ada.actor)
    assert not queries.groups_visible_to(cast.ada.actor).exists()
