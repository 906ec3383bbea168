"""Who am I, who else is here, which keys are there, what was done: over HTTP."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status

from convergio.audit import queries as audit
from convergio.errors import NotFound
from convergio.rest.auth import actor_of
from convergio.rest.bodies import Body
from convergio.rest.paging import Page, Paging, paged
from convergio.workspaces import operations, queries
from convergio.workspaces.actors import Actor
from convergio.workspaces.models import ApiKey, Group, Member
from convergio.workspaces.permissions import Permission

router = Router(tags=["Workspace"])


class WorkspaceOut(Schema):
    """A workspace."""

    id: UUID
    slug: str
    name: str
    time_zone: str


class Me(Schema):
    """Who asks, and what they may do here. `scopes` is null for a session."""

    email: str
    name: str
    role: str
    permissions: list[str]
    scopes: list[str] | None
    workspace: WorkspaceOut
    workspaces: list[WorkspaceOut]


class MemberOut(Schema):
    """A person of the workspace."""

    email: str
    name: str
    role: str

    @staticmethod
    def resolve_email(member: Member) -> str:
        return member.user.email

    @staticmethod
    def resolve_name(member: Member) -> str:
        return member.user.name


class MemberIn(Body):
    """A person to let in."""

    email: str
    role: str
    name: str = ""


class RoleIn(Body):
    """Another role."""

    role: str


class GroupOut(Schema):
    """A group that approvals are addressed to as `group:<slug>`."""

    slug: str
    name: str
    members: list[str] = []

    @staticmethod
    def resolve_members(group: Group) -> list[str]:
        return [member.user.email for member in group.members.all()]


class KeyOut(Schema):
    """An API key, without the key."""

    id: UUID
    name: str
    prefix: str
    scopes: list[str]
    member: str = ""
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None

    @staticmethod
    def resolve_member(key: ApiKey) -> str:
        return key.member.user.email


class KeyMade(KeyOut):
    """A new API key; `key` is shown this once."""

    key: str


class KeyIn(Body):
    """A new key for oneself."""

    name: str
    scopes: list[str]
    expires_at: datetime | None = None


class AuditOut(Schema):
    """One act."""

    at: datetime
    actor_label: str
    via: str
    address: str | None
    action: str
    object_type: str
    object_id: str
    object_label: str
    changes: dict[str, Any]


class AuditFilters(Schema):
    """Narrow the trail."""

    action: str = ""
    object_type: str = ""
    object_id: str = ""


@router.get("/me", response=Me)
def me(request: HttpRequest) -> Any:
    """Who asks, in which workspace, with which permissions."""
    actor = actor_of(request)
    member = _myself(actor)
    return {
        "email": member.user.email,
        "name": member.user.name,
        "role": member.role,
        "permissions": [permission for permission in Permission if actor.may(permission)],
        "scopes": None if actor.scopes is None else sorted(actor.scopes),
        "workspace": actor.workspace,
        "workspaces": [actor.workspace] if actor.scopes else list(queries.workspaces_of(member.user)),
    }


@router.get("/members", response=Page[MemberOut])
def list_members(request: HttpRequest, paging: Query[Paging]) -> Any:
    """The people of the workspace."""
    return paged(queries.members_visible_to(actor_of(request)), paging)


@router.post("/members", response={201: MemberOut})
def add_member(request: HttpRequest, payload: MemberIn) -> Any:
    """Let a person in."""
    return Status(201, operations.add_member(by=actor_of(request), **payload.dict()))


@router.patch("/members/{email}", response=MemberOut)
def change_role(request: HttpRequest, email: str, payload: RoleIn) -> Any:
    """Give a member another role."""
    return operations.change_role(_member(request, email), payload.role, by=actor_of(request))


@router.delete("/members/{email}", response={204: None})
def remove_member(request: HttpRequest, email: str) -> Any:
    """Let a person out."""
    operations.remove_member(_member(request, email), by=actor_of(request))
    return Status(204, None)


@router.get("/groups", response=Page[GroupOut])
def list_groups(request: HttpRequest, paging: Query[Paging]) -> Any:
    """The groups of the workspace."""
    return paged(queries.groups_visible_to(actor_of(request)), paging)


@router.get("/api-keys", response=Page[KeyOut])
def list_keys(request: HttpRequest, paging: Query[Paging]) -> Any:
    """Your own keys, or all of the workspace when you administer it."""
    return paged(queries.keys_visible_to(actor_of(request)), paging)


@router.post("/api-keys", response={201: KeyMade})
def create_key(request: HttpRequest, payload: KeyIn) -> Any:
    """Make a key for yourself; the answer shows it once."""
    row, key = operations.create_api_key(by=actor_of(request), **payload.dict())
    shown = {name: getattr(row, name) for name in KeyOut.model_fields if name != "member"}
    return Status(201, {**shown, "member": row.member.user.email, "key": key})


@router.post("/api-keys/{uuid:key_id}/revocation", response=KeyOut)
def revoke_key(request: HttpRequest, key_id: UUID) -> Any:
    """End a key at once."""
    actor = actor_of(request)
    key = queries.keys_visible_to(actor).filter(pk=key_id).first()
    if key is None:
        raise NotFound("There is no such API key.")
    return operations.revoke_api_key(key, by=actor)


@router.get("/audit", response=Page[AuditOut], tags=["Audit"])
def list_audit(request: HttpRequest, filters: Query[AuditFilters], paging: Query[Paging]) -> Any:
    """Who did what, newest first; for who administers the workspace."""
    wanted = {name: value for name, value in filters.dict().items() if value}
    return paged(audit.visible_to(actor_of(request)).filter(**wanted), paging)


def _myself(actor: Actor) -> Member:
    return queries.members_visible_to(actor).get(user=actor.user)


def _member(request: HttpRequest, email: str) -> Member:
    found = queries.members_visible_to(actor_of(request)).filter(user__email=email.lower()).first()
    if found is None:
        raise NotFound("There is no such member in this workspace.")
    return found
