"""The standing cast: five people of one workspace and an outsider of another."""

from dataclasses import dataclass, field
from functools import lru_cache

from convergio.workspaces.actors import Actor
from convergio.workspaces.models import Group, Member, User, Workspace

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


ROLES = {"Ada": "owner", "Ben": "admin", "Cleo": "builder", "Dan": "approver", "Eve": "viewer"}


def make_cast() -> Cast:
    """Save the cast, in a few statements: nearly every test wants it."""
    acme, elsewhere = Workspace.objects.bulk_create(
        [Workspace(name="Acme", slug="acme"), Workspace(name="Elsewhere", slug="elsewhere")]
    )
    users = User.objects.bulk_create(map(_user, [*ROLES, "Finn"]))
    places = [*((acme, role) for role in ROLES.values()), (elsewhere, "owner")]
    members = Member.objects.bulk_create(
        Member(workspace=workspace, user=user, role=role)
        for user, (workspace, role) in zip(users, places, strict=True)
    )
    board = Group.objects.create(workspace=acme, name="Board", slug="board")
    people = [Person(member, Actor.of(member, via="page", address="192.0.2.7")) for member in members]
    ada, ben, cleo, dan, eve, finn = people
    board.members.set([ada.member, dan.member])
    by_role = {person.member.role: person for person in people[:-1]}
    return Cast(acme, elsewhere, ada, ben, cleo, dan, eve, finn, by_role)


def _user(name: str) -> User:
    is_staff = ROLES.get(name, "owner") in ("owner", "admin")
    return User(email=f"{name.lower()}@example.com", name=name, password=_hashed(), is_staff=is_staff)


@lru_cache(1)
def _hashed() -> str:
    """One cheap hash for all, so that a cast costs milliseconds."""
    from django.contrib.auth.hashers import MD5PasswordHasher

    return MD5PasswordHasher().encode(PASSWORD, "salt")
