"""API keys: made, revoked, recognised."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, cast

from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from convergio import checks
from convergio.audit.changes import assign
from convergio.audit.operations import record
from convergio.errors import InvalidInput, NotAllowed, NotFound, NotSignedIn
from convergio.workspaces.actors import Actor
from convergio.workspaces.models import ApiKey, Member, Role, User, Workspace
from convergio.workspaces.permissions import SCOPES, Permission

PREFIX = "cvg_"
SHOWN = 12
"""Characters of a key that stay readable, so that people know it again."""
USE_NOTED_EVERY = timedelta(minutes=1)


class KeyUnknown(NotSignedIn):
    """This API key is not known here; check that it was copied whole."""


class KeyRevoked(NotSignedIn):
    """This API key was revoked; use another one."""


class KeyExpired(NotSignedIn):
    """This API key has expired; use another one."""


def create_api_key(
    *,
    name: str,
    scopes: Iterable[str],
    by: Actor,
    member: Member | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key for oneself, or for a member when one administers; with the key, to show once."""
    holder = _holder(member, by)
    checked = _scopes(scopes)
    if expires_at is not None and expires_at <= timezone.now():
        raise checks.refuse("expires_at", "The key would have expired already; give a time to come.")
    key = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        row = ApiKey.objects.create(
            workspace=by.workspace,
            member=holder,
            name=checks.text(name, "name", most=100, least=1),
            prefix=key[:SHOWN],
            digest=ApiKey.digest_of(key),
            scopes=checked,
            expires_at=expires_at,
        )
        record(by, "api_key.create", row, {"scopes": [None, checked], "member": [None, str(holder)]})
    return row, key


@transaction.atomic
def revoke_api_key(key: ApiKey, *, by: Actor) -> ApiKey:
    """End a key, one's own or (for who administers) anybody's. Doing it twice changes nothing."""
    found = ApiKey.objects.select_for_update().filter(pk=key.pk, workspace=by.workspace).first()
    if found is None:
        raise NotFound("There is no such API key in this workspace.")
    if by.user is None or found.member.user_id != by.user.pk or by.scopes is not None:
        by.require(Permission.ADMINISTER)
    if found.revoked_at is None:
        record(by, "api_key.revoke", found, assign(found, revoked_at=timezone.now()))
    return found


def authenticate_key(key: str, *, address: str | None = None) -> Actor:
    """Return whom a key acts for. Raises KeyUnknown, KeyRevoked or KeyExpired, all of them NotSignedIn."""
    row = _row(ApiKey.digest_of(key))
    if row is None or not row.member.user.is_active:
        raise KeyUnknown
    _refuse_ended(row)
    _note_use(row)
    return Actor.of(row.member, via="api", address=address, scopes=frozenset(row.scopes))


def _columns(model: type[Model], alias: str) -> str:
    return ", ".join(f"{alias}.{field.column}" for field in model._meta.concrete_fields)


_READ = ((ApiKey, "key"), (Member, "member"), (User, "person"), (Workspace, "space"))
_BY_DIGEST = f"""
SELECT {", ".join(_columns(model, alias) for model, alias in _READ)}
FROM workspaces_apikey AS key
JOIN workspaces_member AS member ON member.id = key.member_id
JOIN workspaces_user AS person ON person.id = member.user_id
JOIN workspaces_workspace AS space ON space.id = member.workspace_id
WHERE key.digest = %s
"""  # noqa: S608 - only names of columns are put in
"""Read by every request of a program, so it is written out: as a query of the ORM it takes five times as long."""


def _as_python(field: Any, value: Any) -> Any:
    return field.from_db_value(value, None, connection) if hasattr(field, "from_db_value") else value


def _row(digest: str) -> ApiKey | None:
    """Return a key with its member, person and workspace."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_DIGEST, [digest])
        found = cursor.fetchone()
    if found is None:
        return None
    values, made = iter(found), []
    for model, _ in _READ:
        fields: Any = model._meta.concrete_fields
        known = [_as_python(field, next(values)) for field in fields]
        made.append(model.from_db(connection.alias, [field.attname for field in fields], known))
    key, member, user, workspace = cast(list[Any], made)
    key.member, key.workspace, member.user, member.workspace = member, workspace, user, workspace
    return cast(ApiKey, key)


def _refuse_ended(row: ApiKey) -> None:
    if row.revoked_at is not None:
        raise KeyRevoked
    if row.expires_at is not None and row.expires_at <= timezone.now():
        raise KeyExpired


def _note_use(row: ApiKey) -> None:
    now = timezone.now()
    if row.last_used_at is None or now - row.last_used_at > USE_NOTED_EVERY:
        ApiKey.objects.filter(pk=row.pk).update(last_used_at=now)


def _holder(member: Member | None, by: Actor) -> Member:
    """Return whose key it is to be. A key may not beget keys unless it has the scope to administer."""
    own = by.user is not None and (member is None or member.user_id == by.user.pk)
    if not own or by.scopes is not None:
        by.require(Permission.ADMINISTER)
    if member is None:
        member = Member.objects.filter(workspace=by.workspace, user=by.user).first()
    if member is None or member.workspace_id != by.workspace.pk:
        raise NotFound("There is no such member in this workspace.")
    if member.role == Role.OWNER and not own and not by.may(Permission.OWN):
        raise NotAllowed("Only an owner may make a key that acts for an owner.")
    return member


def _scopes(scopes: Iterable[str]) -> list[str]:
    wanted = sorted(set(scopes))
    unknown = [scope for scope in wanted if scope not in SCOPES]
    if unknown or not wanted:
        problem = f"“{unknown[0]}” is no scope" if unknown else "A key needs at least one scope"
        raise InvalidInput(f"{problem}; there are {', '.join(SCOPES)}.", details=[{"field": "scopes"}])
    return wanted
