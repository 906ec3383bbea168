"""API keys: shown once, stored hashed, narrowed by scopes, ended by revoking."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from convergio.audit.models import AuditEntry
from convergio.errors import InvalidInput, NotAllowed, NotFound, NotSignedIn
from convergio.workspaces import operations, queries
from convergio.workspaces.models import ApiKey
from convergio.workspaces.permissions import SCOPES, Permission
from tests.people import Cast


def make(cast: Cast, *scopes: str, **facts: Any) -> tuple[ApiKey, str]:
    return operations.create_api_key(name="Robot", scopes=scopes or ("read",), by=cast.cleo.actor, **facts)


def test_a_key_acts_for_its_maker_within_its_scopes(cast: Cast) -> None:
    _, key = make(cast, "run")
    actor = operations.authenticate_key(key, address="192.0.2.9")
    assert (actor.user, actor.workspace, actor.via) == (cast.cleo.user, cast.workspace, "api")
    assert [permission for permission in Permission if actor.may(permission)] == [
        Permission.VIEW,
        Permission.RUN,
    ]


def test_only_a_hash_of_the_key_is_kept(cast: Cast) -> None:
    row, key = make(cast)
    assert key.startswith("cvg_")
    assert len(key) > 40
    assert key not in str(row.__dict__)
    assert key not in str(list(AuditEntry.objects.values()))
    assert row.prefix == key[:12]


def test_a_scope_never_gives_more_than_the_role(cast: Cast) -> None:
    _, key = operations.create_api_key(name="Robot", scopes=SCOPES, by=cast.eve.actor)
    actor = operations.authenticate_key(key)
    assert [permission for permission in Permission if actor.may(permission)] == [Permission.VIEW]


@pytest.mark.parametrize("key", ["", "cvg_", "cvg_wrong", "x" * 10_000, "cvg_\x00", "ключ"])
def test_an_unknown_key_is_refused(cast: Cast, key: str) -> None:
    with pytest.raises(NotSignedIn, match="not known"):
        operations.authenticate_key(key)


def test_a_revoked_key_is_refused_and_says_so(cast: Cast) -> None:
    row, key = make(cast)
    operations.revoke_api_key(row, by=cast.cleo.actor)
    operations.revoke_api_key(row, by=cast.ada.actor)
    with pytest.raises(NotSignedIn, match="revoked"):
        operations.authenticate_key(key)
    assert AuditEntry.objects.filter(action="api_key.revoke").count() == 1


def test_an_expired_key_is_refused_and_says_so(cast: Cast) -> None:
    row, key = make(cast, expires_at=timezone.now() + timedelta(hours=1))
    operations.authenticate_key(key)
    ApiKey.objects.filter(pk=row.pk).update(expires_at=timezone.now())
    with pytest.raises(NotSignedIn, match="expired"):
        operations.authenticate_key(key)


def test_a_key_of_who_was_let_go_is_refused(cast: Cast) -> None:
    _, key = make(cast)
    cast.cleo.user.is_active = False
    cast.cleo.user.save()
    with pytest.raises(NotSignedIn):
        operations.authenticate_key(key)


def test_a_key_ends_with_the_membership(cast: Cast) -> None:
    _, key = make(cast)
    operations.remove_member(cast.cleo.member, by=cast.ada.actor)
    with pytest.raises(NotSignedIn):
        operations.authenticate_key(key)


def test_the_last_use_is_noted_once_a_minute(cast: Cast) -> None:
    row, key = make(cast)
    operations.authenticate_key(key)
    first = ApiKey.objects.get(pk=row.pk).last_used_at
    operations.authenticate_key(key)
    assert first is not None
    assert ApiKey.objects.get(pk=row.pk).last_used_at == first


@pytest.mark.parametrize("scopes", [[], ["everything"], ["read", "root"]])
def test_scopes_that_are_none_are_refused(cast: Cast, scopes: list[str]) -> None:
    with pytest.raises(InvalidInput, match="scope"):
        operations.create_api_key(name="Robot", scopes=scopes, by=cast.ada.actor)


@pytest.mark.parametrize(
    "facts", [{"name": ""}, {"name": "x" * 101}, {"expires_at": timezone.now() - timedelta(days=1)}]
)
def test_a_key_that_makes_no_sense_is_refused(cast: Cast, facts: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        operations.create_api_key(**{"name": "Robot", "scopes": ["read"], "by": cast.ada.actor} | facts)


def test_only_who_administers_makes_and_ends_keys_of_others(cast: Cast) -> None:
    ask: dict[str, Any] = {"name": "Robot", "scopes": ["read"], "member": cast.dan.member}
    row, _ = operations.create_api_key(**ask, by=cast.ben.actor)
    assert row.member == cast.dan.member
    for by in (cast.cleo.actor, cast.eve.actor):
        with pytest.raises(NotAllowed):
            operations.create_api_key(**ask, by=by)
        with pytest.raises(NotAllowed):
            operations.revoke_api_key(row, by=by)


def test_an_admin_makes_no_key_that_acts_for_an_owner(cast: Cast) -> None:
    with pytest.raises(NotAllowed, match="Only an owner"):
        operations.create_api_key(name="Up", scopes=["admin"], member=cast.ada.member, by=cast.ben.actor)


def test_a_key_makes_no_keys_without_the_scope_to_administer(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        operations.create_api_key(name="More", scopes=["admin"], by=cast.ada.with_scopes("read"))
    assert operations.create_api_key(name="More", scopes=["read"], by=cast.ada.with_scopes("admin"))


def test_keys_elsewhere_are_not_found(cast: Cast) -> None:
    row, _ = make(cast)
    with pytest.raises(NotFound):
        operations.revoke_api_key(row, by=cast.finn.actor)
    with pytest.raises(NotFound):
        operations.create_api_key(name="R", scopes=["read"], member=cast.finn.member, by=cast.ada.actor)


def test_one_sees_ones_own_keys_and_who_administers_sees_all(cast: Cast) -> None:
    row, _ = make(cast)
    seen = [person for person in cast.by_role if row in queries.keys_visible_to(cast.by_role[person].actor)]
    assert seen == ["owner", "admin", "builder"]
