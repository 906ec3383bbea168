"""What goes out: mails to files and to a real mail server, messages to chats, tried again, each once."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from convergio.errors import Conflict, NotAllowed
from convergio.http import OutboundRefused
from convergio.notifications import letters, operations, outbox
from convergio.notifications.models import Delivery, Kind, Webhook
from convergio.notifications.operations import News
from tests.notifications.servers import Chat, Post, serving
from tests.people import Cast

NEWS = News(
    Kind.ASKED, "Pay <Acme> & Co?", body="Line 1\nLine 2", url="/approvals/1/", facts=(("Due", "today"),)
)


@pytest.fixture
def mail_folder(settings: Any, tmp_path: Path) -> Path:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path
    settings.PUBLIC_URL = "https://work.example"
    return tmp_path


@pytest.fixture
def chat(settings: Any) -> Iterator[Chat]:
    with serving(Chat()) as server:
        settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1"]
        yield server


def tell(cast: Cast) -> Delivery:
    operations.notify([cast.dan.user], NEWS, by=cast.cleo.actor)
    return Delivery.objects.get()


def again(row: Delivery) -> Delivery:
    """As if the time until the next attempt had passed."""
    Delivery.objects.filter(pk=row.pk).update(next_at=timezone.now() - timedelta(seconds=1))
    outbox.deliver_due()
    row.refresh_from_db()
    return row


def test_a_mail_is_written_to_files_as_text_and_html_and_shown_in_the_admin(
    cast: Cast, mail_folder: Path
) -> None:
    row = tell(cast)
    assert (outbox.deliver_due(), outbox.deliver_due()) == (1, 0)
    written = "".join(path.read_text() for path in mail_folder.iterdir())
    assert "To: dan@example.com" in written
    assert "[Acme] Pay <Acme> & Co?" in written
    assert "https://work.example/approvals/1/" in written
    assert "Pay &lt;Acme&gt; &amp; Co?" in written, "the HTML part is escaped"
    assert f"Message-ID: <{row.pk}@localhost>" in written
    row.refresh_from_db()
    assert (row.status, row.attempts) == ("sent", 1)
    assert "Line 1" in row.text


def test_a_mail_goes_out_by_smtp_once_the_server_is_there_and_is_refused_for_good_where_nobody_lives(
    cast: Cast, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    row = tell(cast)
    assert again(row).status == "waiting"
    assert "refused" in row.error.lower()
    with serving(Post()) as server:
        settings.EMAIL_PORT = server.port
        assert again(row).status == "sent"
        assert again(row).attempts == 2, "nobody sends it once more"
        [(to, text)] = server.mails
        assert to == "dan@example.com"
        assert "multipart/alternative" in text
        server.refuses = {"dan@example.com"}
        Delivery.objects.filter(pk=row.pk).update(status="waiting")
        assert again(row).status == "failed"
        assert "refuses this address" in row.error


def test_who_keeps_failing_is_left_alone_in_the_end_and_can_be_sent_again(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(row: Delivery) -> None:
        raise TimeoutError("too slow")

    monkeypatch.setitem(outbox.WAYS, "email", broken)
    row = tell(cast)
    waits = []
    for _ in range(outbox.MOST_ATTEMPTS):
        again(row)
        waits.append((row.next_at - timezone.now()).total_seconds())
    assert waits[:-1] == sorted(waits[:-1])
    assert 5 < waits[0] < 15 and waits[-2] > 3600
    assert (row.status, row.error) == ("failed", "TimeoutError: too slow")
    with pytest.raises(NotAllowed):
        operations.send_again(row, by=cast.cleo.actor)
    operations.send_again(row, by=cast.ben.actor)
    monkeypatch.setitem(outbox.WAYS, "email", lambda row: None)
    assert again(row).status == "sent"
    with pytest.raises(Conflict):
        operations.send_again(row, by=cast.ben.actor)


def test_what_nobody_needs_any_more_is_dropped(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def not_needed(news: Any) -> letters.Letter:
        raise letters.NotNeeded

    monkeypatch.setitem(letters._writers, "", not_needed)
    assert again(tell(cast)).status == "dropped"


def test_who_was_let_out_of_the_workspace_gets_no_mail_that_waited(cast: Cast, mail_folder: Path) -> None:
    row = tell(cast)
    cast.dan.member.delete()
    assert again(row).status == "dropped"
    assert list(mail_folder.iterdir()) == []


def hook_to(chat: Chat, cast: Cast, *kinds: str) -> Webhook:
    return operations.create_webhook(name="Ops", url=chat.url, kinds=kinds or ("asked",), by=cast.ben.actor)


def test_a_chat_gets_a_signed_message_of_the_kinds_it_wants(cast: Cast, chat: Chat) -> None:
    hook = hook_to(chat, cast, "asked", "late")
    operations.post(NEWS, by=cast.system)
    operations.post(News(Kind.CHANGED, "Not wanted"), by=cast.system)
    outbox.deliver_due()
    [(headers, body)] = chat.heard
    signed = f"{headers['x-convergio-timestamp']}.".encode() + body
    expected = hmac.new(hook.secret.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["x-convergio-signature"] == f"v1={expected}"
    assert headers["x-convergio-delivery"] == str(Delivery.objects.get().pk)
    message = json.loads(body)
    assert message["text"] == "Acme: Pay &lt;Acme&gt; &amp; Co?", "a title calls nobody: <!channel> is text"
    assert message["blocks"][0]["text"]["text"] == "*Pay &lt;Acme&gt; &amp; Co?*"
    assert message["convergio"]["facts"] == {"Due": "today"}


def test_a_chat_that_is_down_is_tried_again_and_one_that_is_gone_is_not(cast: Cast, chat: Chat) -> None:
    hook_to(chat, cast)
    chat.answers = [503, 200, 410]
    operations.post(NEWS, by=cast.system)
    row = Delivery.objects.get()
    assert [again(row).status, again(row).status] == ["waiting", "sent"]
    ids = {headers["x-convergio-delivery"] for headers, _ in chat.heard}
    assert ids == {str(row.pk)}, "both attempts carry the same number"
    operations.post(NEWS, by=cast.system)
    gone = Delivery.objects.exclude(pk=row.pk).get()
    assert again(gone).status == "failed"
    assert "secret-part" not in gone.error + gone.recipient


def test_an_address_in_a_private_network_is_refused_and_a_test_says_so(
    cast: Cast, chat: Chat, settings: Any
) -> None:
    hook = hook_to(chat, cast)
    assert "took the message (200)" in operations.try_webhook(hook, by=cast.ben.actor)
    chat.answers = [500]
    assert "answered 500" in operations.try_webhook(hook, by=cast.ben.actor)
    settings.OUTBOUND_ALLOWED_HOSTS = []
    assert "private network" in operations.try_webhook(hook, by=cast.ben.actor)
    with pytest.raises(OutboundRefused):
        operations.create_webhook(name="x", url="ftp://example.com", kinds=["asked"], by=cast.ben.actor)
    with pytest.raises(NotAllowed):
        hook_to(chat, Cast(**{**vars(cast), "ben": cast.cleo}))


def test_the_address_of_a_chat_is_encrypted_and_never_shown(cast: Cast, chat: Chat) -> None:
    from django.db import connection

    from tests.pages import browser

    hook = hook_to(chat, cast)
    operations.update_webhook(hook, by=cast.ben.actor, name="Others", kinds=["late"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT url || secret || name FROM notifications_webhook")
        stored = cursor.fetchone()[0]
    assert chat.url not in stored and hook.secret not in stored and "Others" in stored
    ben = browser(cast.ben)
    pages = ["/admin/notifications/webhook/", f"/admin/notifications/webhook/{hook.pk}/change/"]
    shown = "".join(ben.get(page).content.decode() for page in pages)
    assert "Others" in shown
    assert "secret-part" not in shown and hook.secret not in shown


def test_a_chat_is_set_up_tried_and_changed_in_the_admin(cast: Cast, chat: Chat) -> None:
    from tests.pages import browser

    ben, there = browser(cast.ben), "/admin/notifications/webhook/"
    form = {"name": "Ops", "url": chat.url, "kinds": ["asked", "late"], "is_active": "on"}
    page = ben.post(f"{there}add/", form, follow=True).content.decode()
    hook = Webhook.objects.get()
    assert hook.secret in page, "it is shown once"
    assert (hook.url, hook.kinds, hook.workspace) == (chat.url, ["asked", "late"], cast.workspace)
    ben.post(f"{there}{hook.pk}/change/", {**form, "url": "", "kinds": ["late"]})
    hook.refresh_from_db()
    assert (hook.url, hook.kinds) == (chat.url, ["late"]), "an empty address keeps the stored one"
    chosen = {"action": "send_test", "_selected_action": str(hook.pk)}
    assert "took the message (200)" in ben.post(there, chosen, follow=True).content.decode()
    was = hook.secret
    page = ben.post(there, {**chosen, "action": "renew_secret"}, follow=True).content.decode()
    hook.refresh_from_db()
    assert hook.secret != was and hook.secret in page
