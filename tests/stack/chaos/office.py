"""Who works in the house: a cast, an agent that costs something, the shapes as workflows, and keys for programs."""

from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from agents.models import LanguageModel
from agents.operations import create_agent, seed_embedded_provider
from convergio.workspaces import operations
from convergio.workspaces.actors import Actor
from convergio.workspaces.keys import create_api_key
from convergio.workspaces.models import Member, User
from tests.executions.flows import published
from tests.people import Cast, make_cast
from tests.stack.chaos.shapes import Shape, guard, held, poisoned, race, shapes
from tests.stack.office import WRITER
from workflows.models import Workflow

APPROVERS = 20


@dataclass
class Office:
    """What is in the database before anything happens. Keys as a program shows them."""

    cast: Cast
    shapes: dict[str, Shape]
    workflows: dict[str, Workflow]
    builder: str
    approvers: list[str]
    cookie: str


def open_office(recorder: str) -> Office:
    """Fill an empty database. `recorder` is the address of the tool server."""
    cast = make_cast()
    seed_embedded_provider(cast.workspace)
    LanguageModel.objects.update(prompt_price=Decimal(3), completion_price=Decimal(15))
    create_agent(WRITER, by=cast.ada.actor)
    made = shapes(recorder)
    made |= {shape.slug: shape for shape in (race(), held(), guard(), poisoned())}
    return Office(
        cast,
        made,
        {slug: published(cast, shape.definition, slug) for slug, shape in made.items()},
        _key(cast.cleo.actor, "run", "read"),
        [_key(who, "decide", "read") for who in _approvers(cast)],
        _session(cast.cleo.user),
    )


def _approvers(cast: Cast) -> list[Actor]:
    more = [_approver(cast, f"dan{number}@example.com") for number in range(APPROVERS - 1)]
    return [cast.dan.actor, *(Actor.of(member, via="api") for member in more)]


def _approver(cast: Cast, email: str) -> Member:
    User.objects.create(email=email, name=email)
    return operations.add_member(email, "approver", by=cast.ada.actor)


def _key(actor: Actor, *scopes: str) -> str:
    _, key = create_api_key(name="chaos", scopes=scopes, by=actor)
    return key


def _session(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)
