"""The standing cast: five people of one workspace and an outsider of another."""

from dataclasses import dataclass, field

from convergio.workspaces import operations
from convergio.workspaces.actors import Actor
from convergio.workspaces.models import Member, User, Workspace

PASSWORD = "correct horse battery"


@dataclass
class Person:
    """One of the cast."""

    member: Member
    actor: Actor

    @property
    def user(self) -> User:
        return self.member.user

    @property
    def email(self) -> str:
        return self.member.user.email

    def with_scopes(self, *scopes: str) -> Actor:
        """This person acting through an API key."""
        return Actor.of(self.member, via="api", scopes=frozenset(scopes))


@dataclass
class Cast:
    """Everybody. `board` is a group of Ada and Dan."""

    workspace: Workspace
    elsewhere: Workspace
    ada: Person
    ben: Person
    cleo: Person
    dan: Person
    eve: Person
    finn: Person
    by_role: dict[str, Person] = field(default_factory=dict)

    @property
    def system(self) -> Actor:
        """The product itself, in the cast's workspace."""
        return Actor.system(self.workspace)


def make_cast() -> Cast:
    """Save the cast."""
    workspace = operations.create_workspace(name="Acme", owner=_user("Ada"))
    elsewhere = operations.create_workspace(name="Elsewhere", owner=_user("Finn"))
    ada, finn = (_person(space.members.get()) for space in (workspace, elsewhere))
    roles = {"Ben": "admin", "Cleo": "builder", "Dan": "approver", "Eve": "viewer"}
    others = {name: _join(name, role, ada.actor) for name, role in roles.items()}
    board = operations.create_group(name="Board", by=ada.actor)
    operations.set_group_members(board, [ada.member, others["Dan"].member], by=ada.actor)
    ben, cleo, dan, eve = others.values()
    by_role = {person.member.role: person for person in (ada, ben, cleo, dan, eve)}
    return Cast(workspace, elsewhere, ada, ben, cleo, dan, eve, finn, by_role)


def _user(name: str) -> User:
    user = User(email=f"{name.lower()}@example.com", name=name)
    user.password = _hashed()
    user.save()
    return user


def _join(name: str, role: str, by: Actor) -> Person:
    _user(name)
    return _person(operations.add_member(f"{name.lower()}@example.com", role, by=by))


def _person(member: Member) -> Person:
    member = Member.objects.select_related("user", "workspace").get(pk=member.pk)
    return Person(member, Actor.of(member, via="page", address="192.0.2.7"))


def _hashed() -> str:
    """One cheap hash for all, so that a cast costs milliseconds."""
    from django.contrib.auth.hashers import MD5PasswordHasher

    return MD5PasswordHasher().encode(PASSWORD, "salt")
