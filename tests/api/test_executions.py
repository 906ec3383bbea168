"""Runs over HTTP: started once per key, watched, ordered, read."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from approvals.models import ApprovalRequest
from executions.models import Event, Execution, RunFile
from executions.worker import Worker
from tests.api.callers import Answer, Caller, Callers, caller_of
from tests.executions.conftest import fake, worker  # noqa: F401 - fixtures
from tests.executions.flows import ended, waits
from tests.people import Cast
from tests.workflows.examples import SMALL

UPLOAD: dict[str, Any] = {
    "inputs": [{"name": "table", "type": "file", "required": True, "accept": [".csv"]}],
    "steps": [{"id": "a", "type": "transform", "config": {"value": "${inputs.table}"}}],
    "outputs": {"table": "${steps.a.output}"},
}


def publish(callers: Callers, definition: dict[str, Any] = SMALL, name: str = "Greeting") -> str:
    slug: str = callers.cleo.post("/workflows", {"name": name, "definition": definition}).body["slug"]
    assert callers.cleo.post(f"/workflows/{slug}/versions", {}).status == 201
    return slug


def start(callers: Callers, **headers: str) -> Answer:
    return callers.cleo.post("/executions", {"workflow": "greeting", "inputs": {"city": "Rome"}}, **headers)


def upload(caller: Caller, name: str, content: bytes) -> Answer:
    file = SimpleUploadedFile(name, content, "text/csv")
    response = caller.client.post(
        "/api/v1/files", {"file": file}, headers={"Authorization": f"Bearer {caller.key}"}
    )
    return Answer(response.status_code, response.json(), response.headers)


def test_a_run_is_started_approved_and_read(committed_cast: Cast, worker: Worker) -> None:  # noqa: F811
    callers = Callers(committed_cast)
    publish(callers)
    started = start(callers)
    assert (started.status, started.body["trigger"]) == (201, "api")
    path = f"/executions/{started.body['id']}"
    run = waits(Execution.objects.get(pk=started.body["id"]))
    [request] = callers.dan.get(f"/approvals?mine=true&origin={run.pk}").body["items"]
    decided = callers.dan.post(f"/approvals/{request['id']}/decisions", {"answer": "approve"})
    assert decided.status == 201
    ended(run)
    assert callers.eve.get(path).body["status"] == "completed"
    assert callers.eve.get(f"{path}/outputs").body["outputs"] == {"text": "Hello Rome!"}
    written = [callers.eve.get(f"{path}/document?format={ending}") for ending in ("md", "pdf", "json")]
    kinds = [answer.headers["Content-Type"].split(";")[0] for answer in written]
    assert kinds == ["text/markdown", "application/pdf", "application/json"]
    assert callers.eve.get(f"{path}/document?format=exe").status == 422
    steps = callers.eve.get(f"{path}/steps").body["items"]
    assert {step["path"]: step["status"] for step in steps} == dict.fromkeys(
        ("greet", "gate", "send"), "succeeded"
    )
    verified = callers.eve.get(f"{path}/verification").body
    assert verified["is_whole"] is True
    log = callers.eve.get(f"{path}/events?limit=3").body
    assert ([event["seq"] for event in log["items"]], log["next"]) == ([1, 2, 3], 3)
    rest = callers.eve.get(f"{path}/events?after=3").body
    assert [event["seq"] for event in rest["items"]] == list(range(4, verified["events"] + 1))
    assert callers.eve.get("/workflows/greeting/statistics").body["runs"] == 1
    assert callers.cleo.delete("/workflows/greeting").error["code"] == "has_runs"


def test_the_same_key_gives_the_same_run_and_another_request_a_conflict(callers: Callers) -> None:
    publish(callers)
    first = start(callers, **{"Idempotency-Key": "order-7"})
    again = start(callers, **{"Idempotency-Key": "order-7"})
    assert (first.status, again.status) == (201, 201)
    assert first.body["id"] == again.body["id"]
    other = callers.cleo.post(
        "/executions",
        {"workflow": "greeting", "inputs": {"city": "Oslo"}},
        **{"Idempotency-Key": "order-7"},
    )
    assert (other.status, other.error["code"]) == (409, "idempotency_key_used")
    assert start(callers).body["id"] != first.body["id"]
    assert start(callers, **{"Idempotency-Key": "k" * 300}).status == 422


STARTS: list[tuple[dict[str, Any], int]] = [
    ({}, 422),
    ({"workflow": "nothing"}, 404),
    ({"workflow": "greeting"}, 422),
    ({"workflow": "greeting", "inputs": {"city": ""}}, 422),
    ({"workflow": "greeting", "inputs": {"city": ["x"]}}, 422),
    ({"workflow": "greeting", "inputs": {"city": "x", "more": 1}}, 422),
    ({"workflow": "greeting", "inputs": []}, 422),
    ({"workflow": "greeting", "inputs": {"city": "x"}, "version": 0}, 422),
    ({"workflow": "greeting", "inputs": {"city": "x"}, "version": 9}, 404),
    ({"workflow": "greeting", "inputs": {"city": "x"}, "version": 10**30}, 422),
]


def test_a_start_that_cannot_be_is_refused(callers: Callers) -> None:
    publish(callers)
    for body, status in STARTS:
        answer = callers.cleo.post("/executions", body)
        assert answer.status == status, (body, answer.body)
        assert answer.error["message"]
    assert not Execution.objects.exists()


def test_a_workflow_that_is_not_published_off_or_archived_does_not_start(callers: Callers) -> None:
    callers.cleo.post("/workflows", {"name": "Greeting", "definition": SMALL})
    assert start(callers).error["code"] == "not_runnable"
    callers.cleo.post("/workflows/greeting/versions", {})
    callers.cleo.patch("/workflows/greeting", {"is_active": False})
    assert "switched off" in start(callers).error["message"]
    callers.cleo.patch("/workflows/greeting", {"is_active": True})
    callers.cleo.post("/workflows/greeting/archival")
    assert "archived" in start(callers).error["message"]


def test_a_file_is_uploaded_used_and_downloaded(callers: Callers, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    publish(callers, UPLOAD, "Table")
    made = upload(callers.cleo, "../cities.csv", b"city\nRome\n")
    assert (made.status, made.body["name"], made.body["size"]) == (201, "cities.csv", 10)
    reference = {"file": made.body["file"], "name": made.body["name"]}
    started = callers.cleo.post("/executions", {"workflow": "table", "inputs": {"table": reference}})
    assert started.status == 201
    listed = callers.eve.get(f"/executions/{started.body['id']}/files").body
    assert [file["file"] for file in listed["items"]] == [made.body["file"]]
    response = callers.eve.client.get(
        f"/api/v1/files/{made.body['file']}", headers={"Authorization": f"Bearer {callers.eve.key}"}
    )
    assert b"".join(response.streaming_content) == b"city\nRome\n"  # type: ignore[attr-defined]
    assert 'filename="cities.csv"' in response.headers["Content-Disposition"]
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert callers.finn.get(f"/files/{made.body['file']}").status == 404
    stolen = callers.finn
    publish_elsewhere = stolen.post("/workflows", {"name": "Table", "definition": UPLOAD})
    assert publish_elsewhere.status == 201
    stolen.post("/workflows/table/versions", {})
    refused = stolen.post("/executions", {"workflow": "table", "inputs": {"table": reference}})
    assert refused.status == 422


def test_a_file_that_is_too_large_or_missing_is_refused(
    callers: Callers, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT, settings.MAX_UPLOAD_BYTES = tmp_path, 10
    assert upload(callers.cleo, "large.csv", b"x" * 11).status == 413
    assert callers.cleo.post("/files", {}).status == 422
    assert upload(callers.eve, "small.csv", b"x").status == 403
    assert not RunFile.objects.exists()


def test_a_file_whose_content_is_gone_is_not_found(callers: Callers, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    made = upload(callers.cleo, "a.csv", b"x")
    RunFile.objects.get().content.delete(save=False)
    assert callers.cleo.get(f"/files/{made.body['file']}").status == 404


def test_runs_are_listed_filtered_and_searched(callers: Callers) -> None:
    publish(callers)
    publish(callers, name="Other")
    ids = [start(callers).body["id"] for _ in range(3)]
    Execution.objects.filter(pk=ids[0]).update(status="failed")
    everything = callers.eve.get("/executions").body
    assert [run["id"] for run in everything["items"]] == ids[::-1]
    for query, count in {
        "status=failed": 1,
        "workflow=greeting": 3,
        "workflow=other": 0,
        "search=greet": 3,
        "search=%232": 1,
        "search=nothing": 0,
        "trigger=api": 3,
        "since=2020-01-01T00:00:00Z": 3,
        "until=2020-01-01T00:00:00Z": 0,
        "limit=2": 3,
    }.items():
        assert callers.eve.get(f"/executions?{query}").body["count"] == count, query
    assert callers.finn.get("/executions").body["count"] == 0


ORDERS: list[tuple[str, str, Any]] = [
    ("POST", "cancellation", {"reason": "Enough"}),
    ("POST", "cancellation", None),
    ("POST", "pause", None),
    ("DELETE", "pause", None),
    ("POST", "retries", None),
    ("POST", "forks", {"path": "greet"}),
]
FITTING = {"cancellation": "running", "pause": "running", "retries": "failed", "forks": "completed"}


def run_for(callers: Callers, verb: str, order: str) -> str:
    """A run in the status that an order needs."""
    publish(callers)
    run_id: str = start(callers).body["id"]
    status = "paused" if (verb, order) == ("DELETE", "pause") else FITTING[order]
    run = Execution.objects.get(pk=run_id)
    Execution.objects.filter(pk=run_id).update(status=status, started_at=run.created_at)
    run.step_runs.create(path="greet", step_id="greet", kind="transform")
    return run_id


@pytest.mark.parametrize(("verb", "order", "body"), ORDERS)
def test_an_order_is_taken_when_the_run_allows_it(callers: Callers, verb: str, order: str, body: Any) -> None:
    run_id = run_for(callers, verb, order)
    answer = caller_of(callers.cast.cleo, "run").ask(verb, f"/executions/{run_id}/{order}", body)
    assert answer.status == (201 if order == "forks" else 202), answer.body


@pytest.mark.parametrize(
    ("status", "verb", "order"),
    [
        ("completed", "POST", "cancellation"),
        ("completed", "POST", "pause"),
        ("running", "DELETE", "pause"),
        ("running", "POST", "retries"),
        ("completed", "POST", "retries"),
    ],
)
def test_an_order_that_comes_at_the_wrong_time_is_a_conflict(
    callers: Callers, status: str, verb: str, order: str
) -> None:
    publish(callers)
    run_id = start(callers).body["id"]
    Execution.objects.filter(pk=run_id).update(status=status)
    answer = callers.cleo.ask(verb, f"/executions/{run_id}/{order}")
    assert (answer.status, answer.error["code"]) == (409, "wrong_status")


def test_a_fork_from_nowhere_is_refused(callers: Callers) -> None:
    run_id = run_for(callers, "POST", "forks")
    for body in ({}, {"path": 3}, {"path": "nowhere"}, {"path": "nul\x00"}, {"path": "greet", "edited": []}):
        assert callers.cleo.post(f"/executions/{run_id}/forks", body).status == 422, body


def test_an_event_is_told_to_the_runs_that_wait_for_it(callers: Callers) -> None:
    assert callers.cleo.post("/events", {"name": "paid", "payload": {"amount": 3}}).body == {"runs": 0}
    assert callers.cleo.post("/events", {"name": "x" * 101}).status == 422
    for empty in ("", "  "):
        error = callers.cleo.post("/events", {"name": empty}).error
        assert (error["code"], error["message"]) == ("invalid_input", "“name” must not be empty.")
    assert callers.eve.post("/events", {"name": "paid"}).status == 403


def test_requests_of_a_run_carry_its_id(callers: Callers) -> None:
    publish(callers)
    run_id = start(callers).body["id"]
    assert not ApprovalRequest.objects.filter(origin=run_id).exists()
    assert not Event.objects.filter(execution_id=run_id).exists()
