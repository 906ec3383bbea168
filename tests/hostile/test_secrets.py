"""Secrets are never shown again, one decision counts once, and messages carry ids and nothing else."""

import json
import logging
import threading
import uuid
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from approvals.models import ApprovalRequest, Decision
from convergio.celery import app
from convergio.workspaces.models import ApiKey
from executions.models import Command
from tests.executions import fake_runtime
from tests.executions.conftest import fake, worker  # noqa: F401 - fixtures
from tests.executions.flows import agent, approval, chain, ended, start, waits
from tests.hostile.conftest import ask, text_of
from tests.hostile.routes import body_for, operations
from tests.hostile.world import World, build
from tests.pages import browser
from tests.people import Cast
from tests.thorough import in_turn


def test_no_answer_of_the_api_or_log_line_holds_a_secret(
    cast: Cast, ours: World, caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    """Keys of programs and providers, their digests, and hashes of passwords."""
    digest = ApiKey.objects.get(pk=ours.ids["key"]).digest
    secrets = (ours.api_key, ours.provider_key, digest, cast.ada.user.password, settings.SECRET_KEY)
    seen, ada = "", browser(cast.ada)
    headers = {"Authorization": f"Bearer {ours.api_key}"}
    askers: list[tuple[Client, dict[str, str]]] = [(ada, {}), (Client(), headers)]
    with caplog.at_level(logging.DEBUG):
        for turn, (route, facts) in enumerate(operations().items()):
            if "stream" in route.path:
                continue
            for client, more in in_turn(askers, turn):
                body = body_for(route, facts, ours)
                seen += text_of(ask(client, route.verb, route.filled(ours.ids), body, **more))
        wrong = ours.api_key[:-3] + "xyz"
        seen += text_of(Client().get("/api/v1/me", headers={"Authorization": f"Bearer {wrong}"}))
        seen += text_of(Client().get(f"/api/v1/me?key={wrong}"))
    assert [secret for secret in secrets if secret in seen] == []
    assert [secret for secret in (*secrets, wrong) if secret in caplog.text] == []
    assert len(seen) > 20_000


def test_the_audit_trail_and_the_database_hold_no_key(cast: Cast, ours: World) -> None:
    from django.db import connection

    from convergio.audit.models import AuditEntry

    trail = json.dumps(list(AuditEntry.objects.values("changes", "object_label")), default=str)
    assert ours.api_key not in trail and ours.provider_key not in trail
    with connection.cursor() as cursor:
        cursor.execute("SELECT api_key::text FROM agents_provider UNION SELECT digest FROM workspaces_apikey")
        stored = " ".join(row[0] for row in cursor.fetchall())
    assert ours.api_key not in stored and ours.provider_key not in stored


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_decide_exactly_once(committed_cast: Cast) -> None:
    """Ten approve and ten reject, all of them allowed to: one is heard, the others are told."""
    world = build(committed_cast.ada, "own", "Homely")
    request = ApprovalRequest.objects.get(pk=world.ids["request"])
    Decision.objects.all().delete()
    type(request).objects.filter(pk=request.pk).update(assignees=[f"user:{committed_cast.ada.email}"])
    Command.objects.all().delete()
    clients = [browser(committed_cast.ada) for _ in range(20)]
    barrier, statuses = threading.Barrier(20), []

    def decide(number: int) -> None:
        body = {"answer": "approve" if number % 2 else "reject", "comment": str(number)}
        barrier.wait()
        answer = clients[number].post(
            f"/api/v1/approvals/{request.pk}/decisions", json.dumps(body), "application/json"
        )
        statuses.append(answer.status_code)
        connections.close_all()

    threads = [threading.Thread(target=decide, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(statuses) == [201] + [409] * 19
    assert Decision.objects.filter(request=request).count() == 1
    assert Command.objects.filter(execution_id=world.ids["execution"], kind="decided").count() == 1
    again = clients[0].post(
        f"/api/v1/approvals/{request.pk}/decisions", '{"answer": "approve"}', "application/json"
    )
    assert again.status_code == 409


def test_celery_takes_nothing_but_json() -> None:
    assert app.conf.task_serializer == "json"
    assert set(app.conf.accept_content) == {"json"}
    assert set(app.conf.result_accept_content or ["json"]) == {"json"}
    assert app.conf.event_serializer == "json"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("worker")
def test_what_a_run_sends_are_ids_and_positions(
    committed_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Inputs, outputs and prompts stay in the database; text of a model goes to who watches, and nothing else."""
    from channels_redis.pubsub import RedisPubSubLoopLayer

    from executions.tasks import drive

    tasks: list[Any] = []
    news: list[dict[str, Any]] = []
    send, apply = RedisPubSubLoopLayer.group_send, drive.apply_async

    async def heard(self: Any, topic: str, message: dict[str, Any]) -> None:
        news.append(message)
        await send(self, topic, message)

    def sent(args: Any = None, kwargs: Any = None, **more: Any) -> Any:
        tasks.append((args, kwargs))
        return apply(args, kwargs, **more)

    monkeypatch.setattr(RedisPubSubLoopLayer, "group_send", heard)
    monkeypatch.setattr(drive, "apply_async", sent)
    run = start(
        committed_cast,
        chain(
            agent("write", "say the secret word"),
            approval("gate", approvers=["role:owner"]),
            inputs=[{"name": "secret"}],
        ),
        {"secret": "xyzzy"},
    )
    request = ApprovalRequest.objects.get(origin=str(waits(run).pk))
    browser(committed_cast.ada).post(
        f"/api/v1/approvals/{request.pk}/decisions",
        '{"answer": "approve", "comment": "xyzzy"}',
        "application/json",
    )
    ended(run)
    assert tasks and all(str(uuid.UUID(args[0])) == args[0] and len(args) == 1 for args, _ in tasks)
    assert all(not kwargs for _, kwargs in tasks)
    assert news
    for message in news:
        told = message["message"]
        assert message == {"type": "news", "message": told}
        assert json.loads(json.dumps(told)) == told
        assert "xyzzy" not in json.dumps(told)
        if told["type"] == "poke":
            assert set(told) <= {"topic", "type", "seq", "about", "id"}
        else:
            assert told["type"] == "delta"
            assert set(told) == {"topic", "type", "agent", "text", "path", "round"}
    assert fake_runtime.calls
