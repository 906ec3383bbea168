"""Every write on workspaces, members and groups. API keys have a file of their own."""

from zoneinfo import available_timezones

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from convergio import checks
from convergio.audit.changes import assign
from convergio.audit.operations import record
from convergio.errors import Conflict, InvalidInput, NotFound
from convergio.workspaces.actors import Actor
from convergio.workspaces.keys import authenticate_key, create_api_key, revoke_api_key
from convergio.workspaces.models import Group, Member, Role, User, Workspace
from convergio.workspaces.permissions import Permission

__all__ = [
    "add_member",
    "authenticate_key",
    "change_role",
    "create_api_key",
    "create_group",
    "create_workspace",
    "delete_group",
    "remove_member",
    "revoke_api_key",
    "set_group_members",
    "update_workspace",
]


class LastOwner(Conflict):
    """A workspace keeps at least one owner; make somebody else owner first."""


def create_workspace(*, name: str, owner: User, slug: str = "") -> Workspace:
    """Make a workspace with its first owner. Raises InvalidInput when the slug is taken."""
    name = checks.text(name, "name", most=200, least=1)
    slug = checks.slug(slug) if slug else free_workspace_slug(name)
    try:
        with transaction.atomic():
            workspace = Workspace.objects.create(name=name, slug=slug)
            member = Member.objects.create(workspace=workspace, user=owner, role=Role.OWNER)
            record(Actor.of(member, via="system"), "workspace.create", workspace, {"name": [None, name]})
            _let_into_admin(owner)
    except IntegrityError as error:
        raise checks.refuse("slug", f"The slug “{slug}” is taken by another workspace.") from error
    return workspace


def free_workspace_slug(name: str) -> str:
    """Return a slug made from a name that no workspace has yet."""
    stem = (slugify(name) or "workspace")[:90]
    stem = stem if stem[0].isalpha() else f"w-{stem}"
    taken = set(Workspace.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    return checks.free_slug(stem, taken)


@transaction.atomic
def update_workspace(*, by: Actor, name: str | None = None, time_zone: str | None = None) -> Workspace:
    """Change name or time zone of the actor's workspace; what is not given stays."""
    by.require(Permission.ADMINISTER)
    workspace = _locked_workspace(by)
    facts = {} if name is None else {"name": checks.text(name, "name", most=200, least=1)}
    if time_zone is not None:
        facts["time_zone"] = _time_zone(time_zone)
    changes = assign(workspace, **facts)
    if changes:
        record(by, "workspace.rename" if "name" in changes else "workspace.update", workspace, changes)
    return workspace


def add_member(email: str, role: str, *, by: Actor, name: str = "") -> Member:
    """Let a person in, whose account is made when there is none (without a password)."""
    by.require(Permission.ADMINISTER)
    wanted = _grantable(role, by)
    email = _email(email)
    with transaction.atomic():
        _locked_workspace(by)
        user, _ = User.objects.get_or_create(email=email, defaults=_new_user(name))
        member, made = Member.objects.get_or_create(
            workspace=by.workspace, user=user, defaults={"role": wanted}
        )
        if not made:
            raise Conflict(f"{user} is a member already, with the role {member.get_role_display().lower()}.")
        record(by, "member.add", member, {"role": [None, wanted.value]})
        _let_into_admin(user)
    return member


@transaction.atomic
def change_role(member: Member, role: str, *, by: Actor) -> Member:
    """Give a member another role. Only owners make and unmake owners; the last owner stays."""
    by.require(Permission.ADMINISTER)
    wanted = _grantable(role, by)
    found = _locked_member(member, by)
    if found.role == Role.OWNER and wanted != Role.OWNER:
        _unmake_owner(by)
    changes = assign(found, role=wanted.value)
    if changes:
        record(by, "member.change_role", found, changes)
        _let_into_admin(found.user)
    return found


@transaction.atomic
def remove_member(member: Member, *, by: Actor) -> None:
    """Let a person out; their keys for this workspace end with it. Everybody may leave by themselves."""
    found = _locked_member(member, by)
    if by.user is None or found.user_id != by.user.pk:
        by.require(Permission.ADMINISTER)
    if found.role == Role.OWNER:
        _unmake_owner(by)
    record(by, "member.remove", found, {"role": [found.role, None]})
    found.delete()
    _let_into_admin(found.user)


def create_group(*, name: str, by: Actor, slug: str = "") -> Group:
    """Make an empty group that approvals can be addressed to as `group:<slug>`."""
    by.require(Permission.ADMINISTER)
    name = checks.text(name, "name", most=200, least=1)
    slug = checks.slug(slug or slugify(name)).lower()
    try:
        with transaction.atomic():
            group = Group.objects.create(workspace=by.workspace, name=name, slug=slug)
            record(by, "group.create", group)
    except IntegrityError as error:
        raise checks.refuse("slug", f"There is a group “{slug}” already.") from error
    return group


@transaction.atomic
def set_group_members(group: Group, members: list[Member], *, by: Actor) -> Group:
    """Say who is in a group: exactly these members of the same workspace."""
    by.require(Permission.ADMINISTER)
    if group.workspace_id != by.workspace.pk or any(m.workspace_id != group.workspace_id for m in members):
        raise NotFound("There is no such group or member in this workspace.")
    before = sorted(str(member.user) for member in group.members.select_related("user"))
    group.members.set(members)
    after = sorted(str(member.user) for member in members)
    if before != after:
        record(by, "group.set_members", group, {"members": [before, after]})
    return group


@transaction.atomic
def delete_group(group: Group, *, by: Actor) -> None:
    """Remove a group. A request addressed to it alone can then be answered by nobody, and lapses in its time."""
    by.require(Permission.ADMINISTER)
    if group.workspace_id != by.workspace.pk:
        raise NotFound("There is no such group in this workspace.")
    record(by, "group.delete", group)
    group.delete()


def _let_into_admin(user: User) -> None:
    """Open the admin to who administers any workspace, close it to everybody else but superusers."""
    administers = Member.objects.filter(user=user, role__in=[Role.OWNER, Role.ADMIN]).exists()
    assign(user, is_staff=user.is_superuser or administers)


def _new_user(name: str) -> dict[str, str]:
    from django.contrib.auth.hashers import make_password

    return {"name": checks.text(name, "name", most=200), "password": make_password(None)}


def _time_zone(value: str) -> str:
    if value not in available_timezones():
        raise checks.refuse("time_zone", f"“{value[:64]}” is no time zone; one is Europe/Berlin.")
    return value


def _email(value: str) -> str:
    from django.core.exceptions import ValidationError
    from django.core.validators import validate_email

    email = checks.text(value, "email", most=254, least=1).lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise checks.refuse("email", f"“{email}” is no e-mail address.") from error
    return email


def _grantable(role: str, by: Actor) -> Role:
    if role not in Role.values:
        raise InvalidInput(f"“{role}” is no role; there are {', '.join(Role.values)}.")
    if role == Role.OWNER:
        by.require(Permission.OWN)
    return Role(role)


def _locked_workspace(by: Actor) -> Workspace:
    return Workspace.objects.select_for_update().get(pk=by.workspace.pk)


def _locked_member(member: Member, by: Actor) -> Member:
    _locked_workspace(by)
    found = Member.objects.select_related("user").filter(pk=member.pk, workspace=by.workspace).first()
    if found is None:
        raise NotFound("There is no such member in this workspace.")
    return found


def _unmake_owner(by: Actor) -> None:
    by.require(Permission.OWN)
    if Member.objects.filter(workspace=by.workspace, role=Role.OWNER).count() < 2:
        raise LastOwner
