"""Letting people in and out, and changing what they may do."""

import pytest

from convergio.audit.models import AuditEntry
from convergio.errors import Conflict, InvalidInput, NotAllowed, NotFound
from convergio.workspaces import operations
from convergio.workspaces.models import Member, User, Workspace
from tests.people import Cast

ROLES = ["owner", "admin", "builder", "approver", "viewer"]
MAY_ADMINISTER = {"owner", "admin"}


def test_a_workspace_begins_with_its_owner_and_a_slug_from_its_name(cast: Cast) -> None:
    workspace = operations.create_workspace(name="  Nord & Süd ", owner=cast.eve.user)
    assert (workspace.name, workspace.slug) == ("Nord & Süd", "nord-sud")
    assert workspace.members.get().role == "owner"


@pytest.mark.parametrize(
    ("name", "slug"), [("Acme", "acme-2"), ("2nd floor", "w-2nd-floor"), ("東京", "workspace")]
)
def test_slugs_are_made_unique_and_begin_with_a_letter(cast: Cast, name: str, slug: str) -> None:
    assert operations.create_workspace(name=name, owner=cast.ada.user).slug == slug


@pytest.mark.parametrize(
    ("name", "slug"), [("", ""), ("x" * 201, ""), ("nul\x00", ""), ("New", "acme"), ("New", "9x")]
)
def test_a_workspace_that_cannot_be_is_refused(cast: Cast, name: str, slug: str) -> None:
    with pytest.raises(InvalidInput):
        operations.create_workspace(name=name, slug=slug, owner=cast.ada.user)
    assert Workspace.objects.count() == 2


@pytest.mark.parametrize("role", ROLES)
def test_only_who_administers_lets_people_in(cast: Cast, role: str) -> None:
    by = cast.by_role[role].actor
    if role in MAY_ADMINISTER:
        assert operations.add_member("New@Example.com", "builder", by=by).user.email == "new@example.com"
        return
    with pytest.raises(NotAllowed):
        operations.add_member("new@example.com", "builder", by=by)
    assert not User.objects.filter(email="new@example.com").exists()


def test_a_person_known_elsewhere_is_the_same_person_here(cast: Cast) -> None:
    member = operations.add_member("finn@example.com", "viewer", by=cast.ada.actor)
    assert member.user == cast.finn.user
    assert not member.user.groups.exists()


def test_a_new_person_cannot_sign_in_by_password(cast: Cast) -> None:
    member = operations.add_member("new@example.com", "viewer", by=cast.ada.actor, name="New")
    assert (member.user.name, member.user.has_usable_password()) == ("New", False)


@pytest.mark.parametrize(
    "email", ["", "nobody", "a@b", "a b@example.com", "nul\x00@example.com", "x" * 250 + "@e.com"]
)
def test_an_address_that_is_none_is_refused(cast: Cast, email: str) -> None:
    with pytest.raises(InvalidInput):
        operations.add_member(email, "viewer", by=cast.ada.actor)


def test_nobody_is_member_twice(cast: Cast) -> None:
    with pytest.raises(Conflict, match="Dan is a member already, with the role approver"):
        operations.add_member("DAN@example.com", "viewer", by=cast.ada.actor)


def test_an_unknown_role_is_refused(cast: Cast) -> None:
    with pytest.raises(InvalidInput, match="no role"):
        operations.add_member("new@example.com", "king", by=cast.ada.actor)


def test_only_owners_make_and_unmake_owners(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        operations.add_member("new@example.com", "owner", by=cast.ben.actor)
    with pytest.raises(NotAllowed):
        operations.change_role(cast.cleo.member, "owner", by=cast.ben.actor)
    with pytest.raises(NotAllowed):
        operations.change_role(cast.ada.member, "viewer", by=cast.ben.actor)
    with pytest.raises(NotAllowed):
        operations.remove_member(cast.ada.member, by=cast.ben.actor)
    assert operations.change_role(cast.cleo.member, "owner", by=cast.ada.actor).role == "owner"


def test_the_last_owner_stays(cast: Cast) -> None:
    with pytest.raises(Conflict, match="at least one owner"):
        operations.change_role(cast.ada.member, "admin", by=cast.ada.actor)
    with pytest.raises(Conflict, match="at least one owner"):
        operations.remove_member(cast.ada.member, by=cast.ada.actor)
    operations.change_role(cast.ben.member, "owner", by=cast.ada.actor)
    assert operations.change_role(cast.ada.member, "admin", by=cast.ada.actor).role == "admin"


def test_a_changed_role_is_audited_with_old_and_new(cast: Cast) -> None:
    operations.change_role(cast.eve.member, "builder", by=cast.ben.actor)
    entry = AuditEntry.objects.get(action="member.change_role")
    assert (entry.actor, entry.changes) == (cast.ben.user, {"role": ["viewer", "builder"]})
    operations.change_role(cast.eve.member, "builder", by=cast.ben.actor)
    assert AuditEntry.objects.filter(action="member.change_role").count() == 1


@pytest.mark.parametrize("role", ROLES)
def test_only_who_administers_changes_roles_and_removes(cast: Cast, role: str) -> None:
    other = operations.add_member("new@example.com", "viewer", by=cast.ada.actor)
    by = cast.by_role[role].actor
    if role in MAY_ADMINISTER:
        operations.change_role(other, "approver", by=by)
        operations.remove_member(other, by=by)
        assert not Member.objects.filter(pk=other.pk).exists()
        return
    with pytest.raises(NotAllowed):
        operations.change_role(other, "approver", by=by)
    with pytest.raises(NotAllowed):
        operations.remove_member(other, by=by)


def test_everybody_may_leave(cast: Cast) -> None:
    operations.remove_member(cast.eve.member, by=cast.eve.actor)
    assert not Member.objects.filter(pk=cast.eve.member.pk).exists()


def test_members_elsewhere_are_not_found(cast: Cast) -> None:
    with pytest.raises(NotFound):
        operations.change_role(cast.finn.member, "viewer", by=cast.ada.actor)
    with pytest.raises(NotFound):
        operations.remove_member(cast.finn.member, by=cast.ada.actor)


def test_a_workspace_gets_another_name(cast: Cast) -> None:
    assert operations.update_workspace(name="Acme Ltd", by=cast.ben.actor).name == "Acme Ltd"
    operations.update_workspace(name="Acme Ltd", by=cast.ben.actor)
    assert AuditEntry.objects.filter(action="workspace.rename").count() == 1
    with pytest.raises(NotAllowed):
        operations.update_workspace(name="Mine", by=cast.cleo.actor)
