"""Every write on news: telling people and chats, reading, preferences, webhooks, sending again."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from convergio import checks
from convergio.audit.changes import assign
from convergio.audit.operations import record
from convergio.errors import Conflict, NotAllowed, NotFound
from convergio.http import checked_url
from convergio.live import person_topic, publish_on_commit
from convergio.notifications import chat, queries
from convergio.notifications.models import (
    FOR_CHATS,
    Channel,
    Delivery,
    DeliveryStatus,
    Kind,
    Notification,
    Preference,
    Told,
    Webhook,
    new_secret,
)
from convergio.workspaces.actors import Actor
from convergio.workspaces.models import User
from convergio.workspaces.permissions import Permission


@dataclass(frozen=True, slots=True)
class News:
    """What is told. `url` is a path of ours, `about` names the thing (`request:<id>`), `facts` are for chats."""

    kind: Kind
    title: str
    body: str = ""
    url: str = ""
    about: str = ""
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def headline(self) -> str:
        """The title in one line, as long as a subject may be."""
        return " ".join(self.title.split())[:200]


# telling


@transaction.atomic
def notify(users: Iterable[User], news: News, *, by: Actor) -> list[Notification]:
    """Tell people, each in the ways they chose; nobody hears of what they did themselves.

    Rows are written in the transaction of whoever calls; what goes out of the house goes after its commit.
    """
    told = {user.pk: user for user in users if user.pk != (by.user and by.user.pk) and user.is_active}
    chosen = {key: ways[news.kind] for key, ways in queries.ways(by.workspace, told.values()).items()}
    rows = [
        _row(told[key], news, by, is_shown=way.page) for key, way in chosen.items() if way.page or way.email
    ]
    Notification.objects.bulk_create(rows)
    mails = [_mail(row, told[row.user_id]) for row in rows if chosen[row.user_id].email]
    Delivery.objects.bulk_create(mails)
    _poke(row.user_id for row in rows if row.is_shown)
    return rows


def _row(user: User, news: News, by: Actor, *, is_shown: bool) -> Notification:
    return Notification(
        workspace=by.workspace,
        user=user,
        actor=by.user,
        kind=news.kind,
        title=news.headline,
        body=news.body[:10_000],
        url=own_path(news.url),
        about=news.about[:120],
        is_shown=is_shown,
    )


def _mail(row: Notification, user: User) -> Delivery:
    return Delivery(
        workspace_id=row.workspace_id,
        channel=Channel.EMAIL,
        notification=row,
        recipient=user.email,
        subject=row.title,
    )


def own_path(url: str) -> str:
    """Return a path of ours as it is, and nothing for an address that leads elsewhere."""
    is_ours = url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    return url if is_ours and len(url) <= 500 else ""


@transaction.atomic
def post(news: News, *, by: Actor) -> list[Delivery]:
    """Tell the workspace's chats, those that want this kind of news."""
    hooks = Webhook.objects.filter(workspace=by.workspace, is_active=True, kinds__contains=[news.kind])
    rows = [_message(hook, news, by) for hook in hooks]
    return Delivery.objects.bulk_create(rows)


def _message(hook: Webhook, news: News, by: Actor) -> Delivery:
    payload = chat.message(
        kind=news.kind,
        title=news.headline,
        body=news.body,
        facts=news.facts,
        path=own_path(news.url),
        workspace=by.workspace.name,
    )
    return Delivery(
        workspace=by.workspace,
        channel=Channel.WEBHOOK,
        webhook=hook,
        recipient=f"{hook.name} ({chat.host_of(hook.url)})"[:254],
        subject=f"{by.workspace.name}: {payload['convergio']['title']}"[:200],
        payload=payload,
    )


def once(key: str) -> bool:
    """Tell whether this is the first time that something is seen to; it holds when the transaction does."""
    try:
        with transaction.atomic():
            Told.objects.create(key=key[:200])
    except IntegrityError:
        return False
    return True


# reading


def read(*, by: Actor, ids: Collection[Any] | None = None) -> int:
    """Count news as read by the actor, all of it or some; return how many were unread."""
    by.require(Permission.VIEW)
    rows = queries.unread(by)
    count = (rows if ids is None else rows.filter(pk__in=ids)).update(read_at=timezone.now())
    if count and by.user is not None:
        _poke([by.user.pk])
    return count


def settle(about: str, *, by: Actor, user: User | None = None) -> int:
    """Count what somebody (or everybody) was asked about something as read: it needs them no more.

    Return how many were unread.
    """
    rows = Notification.objects.filter(workspace=by.workspace, about=about, read_at=None)
    rows = rows if user is None else rows.filter(user=user)
    rows = rows.exclude(kind__in=(Kind.CHANGED, Kind.MENTIONED))
    people = set(rows.values_list("user", flat=True))
    count = rows.update(read_at=timezone.now())
    _poke(people)
    return count


def _poke(people: Iterable[int]) -> None:
    for key in set(people):
        publish_on_commit(person_topic(key), {"type": "poke", "seq": 0, "about": "notifications"})


# preferences


@transaction.atomic
def set_preferences(wanted: Mapping[str, Mapping[str, bool]], *, by: Actor) -> dict[Kind, queries.Ways]:
    """Say how the actor hears of some kinds: {kind: {"page": …, "email": …}}; what is not named stays."""
    by.require(Permission.VIEW)
    if by.user is None:
        raise NotAllowed("Preferences belong to people.")
    chosen = queries.ways_of(by)
    for name, ways in wanted.items():
        kind = _kind(name)
        page, email = ways.get("page", chosen[kind].page), ways.get("email", chosen[kind].email)
        chosen[kind] = queries.Ways(page, email)
        Preference.objects.update_or_create(
            workspace=by.workspace, user=by.user, kind=kind, defaults={"page": page, "email": email}
        )
    record(by, "preferences.update", by.user, {name: [None, dict(ways)] for name, ways in wanted.items()})
    return chosen


def _kind(name: str) -> Kind:
    if name not in Kind.values:
        raise checks.refuse("kind", f"“{name}” is no kind of news; use one of {', '.join(Kind.values)}.")
    return Kind(name)


# webhooks


@transaction.atomic
def create_webhook(*, name: str, url: str, kinds: Collection[str], by: Actor) -> Webhook:
    """Have a chat hear of some kinds of news. Raises InvalidInput, also for an address that is none."""
    by.require(Permission.ADMINISTER)
    hook = Webhook.objects.create(
        workspace=by.workspace,
        name=checks.text(name, "name", most=100, least=1),
        url=_address(url),
        secret=new_secret(),
        kinds=_for_chats(kinds),
    )
    record(by, "webhook.create", hook, {"kinds": [None, list(hook.kinds)]})
    return hook


@transaction.atomic
def update_webhook(
    hook: Webhook,
    *,
    by: Actor,
    name: str | None = None,
    url: str = "",
    kinds: Collection[str] | None = None,
    is_active: bool | None = None,
) -> Webhook:
    """Change a webhook; what is not given stays, and so does the address when it is empty."""
    by.require(Permission.ADMINISTER)
    locked = _own(hook, by)
    facts: dict[str, Any] = {"is_active": is_active, "name": name}
    facts["kinds"] = None if kinds is None else _for_chats(kinds)
    if name is not None:
        facts["name"] = checks.text(name, "name", most=100, least=1)
    changes = assign(locked, **{key: value for key, value in facts.items() if value is not None})
    if url and assign(locked, url=_address(url)):
        changes["url"] = ["(secret)", "(another)"]
    if changes:
        record(by, "webhook.update", locked, changes)
    return locked


@transaction.atomic
def renew_secret(hook: Webhook, *, by: Actor) -> str:
    """Sign with another secret from now on, and return it: it is shown this once."""
    by.require(Permission.ADMINISTER)
    locked = _own(hook, by)
    assign(locked, secret=new_secret())
    record(by, "webhook.renew_secret", locked)
    return str(locked.secret)


@transaction.atomic
def delete_webhook(hook: Webhook, *, by: Actor) -> None:
    """Have a chat hear no more; what still waited for it is gone."""
    by.require(Permission.ADMINISTER)
    locked = _own(hook, by)
    record(by, "webhook.delete", locked)
    locked.delete()


def try_webhook(hook: Webhook, *, by: Actor) -> str:
    """Send a test to a chat at once and return a sentence: that it came, or what is wrong."""
    by.require(Permission.ADMINISTER)
    found = _own(hook, by, lock=False)
    record(by, "webhook.test", found)
    return chat.try_out(found, by.workspace.name, by.label)


def _for_chats(kinds: Collection[str]) -> list[Kind]:
    found = [_kind(kind) for kind in kinds]
    private = [kind for kind in found if kind not in FOR_CHATS]
    if private or not found:
        raise checks.refuse("kinds", f"Choose among {', '.join(FOR_CHATS)}; other news is between people.")
    return found


def _own(hook: Webhook, by: Actor, *, lock: bool = True) -> Webhook:
    rows = Webhook.objects.filter(workspace=by.workspace, pk=hook.pk)
    found = (rows.select_for_update() if lock else rows).first()
    if found is None:
        raise NotFound("There is no such webhook in this workspace.")
    return found


def _address(url: str) -> str:
    found = checks.text(url, "url", most=2000, least=1)
    checked_url(found)
    return found


# the outbox


@transaction.atomic
def send_again(delivery: Delivery, *, by: Actor) -> Delivery:
    """Put something that could not be sent back into the outbox. Raises Conflict for what went out."""
    by.require(Permission.ADMINISTER)
    locked = Delivery.objects.select_for_update().filter(workspace=by.workspace, pk=delivery.pk).first()
    if locked is None:
        raise NotFound("There is no such delivery in this workspace.")
    if locked.status in (DeliveryStatus.SENT, DeliveryStatus.DROPPED):
        raise Conflict(
            f"Only what has failed or waits can be sent again; this is {locked.get_status_display().lower()}."
        )
    locked.status, locked.attempts, locked.next_at = DeliveryStatus.WAITING, 0, timezone.now()
    locked.save(update_fields=["status", "attempts", "next_at"])
    record(by, "delivery.retry", locked)
    return locked
