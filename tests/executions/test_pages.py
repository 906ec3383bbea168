"""Pages of runs: home, the form that starts one, the live page, results, the log; and what they refuse."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from executions import operations
from executions.models import Execution, RunFile
from executions.worker import Worker
from tests.executions.flows import agent, approval, chain, ended, published, start, tool, waits
from tests.pages import browser
from tests.people import Cast

REPORT = {"report": "${steps.write.output}"}
INPUTS = [
    {"name": "topic", "type": "text", "label": "Topic", "required": True},
    {"name": "table", "type": "file", "label": "Table", "accept": [".csv"]},
    {"name": "deep", "type": "boolean"},
    {"name": "words", "type": "integer", "default": 100},
]


def read(cast: Cast, address: str, who: str = "cleo") -> str:
    response = browser(getattr(cast, who)).get(address)
    assert response.status_code == 200, response.content.decode()[:2000]
    return response.content.decode()


def test_a_new_workspace_is_welcomed_and_told_what_to_do(cast: Cast) -> None:
    page = read(cast, "/", "ada")
    assert "Welcome" in page
    assert "A small model on this machine is answering" in page


def test_home_shows_what_waits_runs_and_failed(cast: Cast, worker: Worker) -> None:
    waits(start(cast, chain(agent("write"), approval()), slug="gated"))
    ended(start(cast, chain(agent("write", "fail")), slug="broken"))
    ended(start(cast, chain(agent("write", "done")), slug="fine"))
    page = read(cast, "/", "dan")
    assert "Approve gate?" in page
    assert "Waits for you" in page
    assert "Failed lately" in page
    fragment = browser(cast.dan).get("/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert "Approve gate?" in fragment


def test_the_form_asks_for_what_the_workflow_declares(cast: Cast) -> None:
    published(cast, chain(agent("write"), inputs=INPUTS))
    page = read(cast, "/workflows/flow/run/")
    assert 'type="file"' in page
    assert 'accept=".csv"' in page
    assert 'value="100"' in page


def test_a_run_is_started_with_a_file_and_shown(cast: Cast, worker: Worker) -> None:
    published(cast, chain(agent("write", "done"), inputs=INPUTS, outputs=REPORT))
    table = SimpleUploadedFile("sales.csv", b"region,amount\nNorth,3\n", "text/csv")
    sent = {"topic": "Sales", "deep": "on", "words": "50", "table": table}
    response = browser(cast.cleo).post("/workflows/flow/run/", sent)
    execution = Execution.objects.get()
    assert (response.status_code, response["Location"]) == (303, f"/runs/{execution.id}/")
    assert execution.inputs["deep"] is True
    assert execution.inputs["words"] == 50
    assert execution.inputs["table"]["name"] == "sales.csv"
    ended(execution)


def test_a_faulty_form_keeps_what_was_given_also_the_file(cast: Cast) -> None:
    published(cast, chain(agent("write"), inputs=INPUTS))
    cleo = browser(cast.cleo)
    sent = {
        "topic": " ",
        "words": "many",
        "table": SimpleUploadedFile("sales.csv", b"a,b\n1,2\n", "text/csv"),
    }
    response = cleo.post("/workflows/flow/run/", sent)
    page = response.content.decode()
    assert response.status_code == 422
    assert 'id="topic-error"' in page
    assert 'id="words-error"' in page
    assert "sales.csv" in page
    again = {"topic": "Sales", "words": "3", "table.before": str(RunFile.objects.get().id)}
    assert cleo.post("/workflows/flow/run/", again).status_code == 303
    assert Execution.objects.get().inputs["table"]["name"] == "sales.csv"


def test_a_file_of_the_wrong_kind_or_of_another_workspace_is_refused(cast: Cast) -> None:
    published(cast, chain(agent("write"), inputs=INPUTS))
    cleo = browser(cast.cleo)
    wrong = {"topic": "x", "table": SimpleUploadedFile("run.exe", b"MZ", "application/octet-stream")}
    assert cleo.post("/workflows/flow/run/", wrong).status_code == 422
    foreign = RunFile.objects.create(workspace=cast.elsewhere, name="secret.csv")
    cleo.post("/workflows/flow/run/", {"topic": "x", "table.before": str(foreign.id)})
    assert all(not one.inputs.get("table") for one in Execution.objects.all())
    assert cleo.get(f"/files/{foreign.id}/").status_code == 404


def test_a_viewer_cannot_start_a_run(cast: Cast) -> None:
    published(cast, chain(agent("write")))
    eve = browser(cast.eve)
    assert eve.get("/workflows/flow/run/").status_code == 403
    assert eve.post("/workflows/flow/run/").status_code == 403
    assert not Execution.objects.exists()


def test_a_workflow_that_was_never_published_says_so(cast: Cast) -> None:
    workflow = published(cast, chain(agent("write")))
    workflow.published = None
    workflow.save()
    response = browser(cast.cleo).get("/workflows/flow/run/")
    assert response.status_code == 409
    assert "never published" in response.content.decode()


def test_the_run_page_shows_states_timeline_and_what_the_agent_said(cast: Cast, worker: Worker) -> None:
    execution = ended(
        start(cast, chain(agent("write", "A fine text"), tool("save", arguments={"name": "x"})))
    )
    page = read(cast, f"/runs/{execution.id}/?step=write", "eve")
    assert "node kind-agent st-succeeded" in page
    assert page.count("gantt-row") == 2
    assert "A fine text" in page
    assert "fake/model" in page


def test_the_run_page_is_drawn_again_by_the_same_view(cast: Cast, worker: Worker) -> None:
    execution = ended(start(cast, chain(agent("write", "A fine text"))))
    fragment = (
        browser(cast.eve).get(f"/runs/{execution.id}/", headers={"HX-Request": "true"}).content.decode()
    )
    assert fragment.strip().startswith('<div id="run"')
    assert f'data-topic="execution.{execution.id}"' in fragment
    assert f'data-seq="{execution.seq}"' in fragment


def test_an_approval_is_answered_on_the_run_page(cast: Cast, worker: Worker) -> None:
    definition = chain(agent("write", "Draft"), approval(data="${steps.write.output}"), agent("send", "Sent"))
    execution = waits(start(cast, definition))
    page = read(cast, f"/runs/{execution.id}/", "dan")
    assert "Approve gate?" in page
    assert 'value="approve"' in page
    assert 'value="approve"' not in read(cast, f"/runs/{execution.id}/", "eve")
    address = page.split('action="/approvals/')[1].split('"')[0]
    sent = {"answer": "approve", "next": f"/runs/{execution.id}/"}
    response = browser(cast.dan).post(f"/approvals/{address}", sent)
    assert response["Location"] == f"/runs/{execution.id}/"
    assert ended(execution).status == "completed"


def test_a_failed_run_says_what_failed_and_what_to_do(cast: Cast, worker: Worker) -> None:
    execution = ended(start(cast, chain(agent("write", "fail", name="Write it"))))
    page = read(cast, f"/runs/{execution.id}/")
    assert "The step “Write it” could not be done" in page
    assert "Retry" in page
    assert "Retry</button>" not in read(cast, f"/runs/{execution.id}/", "eve")


def test_a_run_is_cancelled_and_retried_from_its_page(cast: Cast, worker: Worker) -> None:
    execution = waits(start(cast, chain(agent("write", "x"), approval())))
    cleo = browser(cast.cleo)
    assert cleo.post(f"/runs/{execution.id}/cancellation/", {"reason": "Not now"}).status_code == 303
    assert ended(execution).status == "cancelled"
    assert cleo.post(f"/runs/{execution.id}/pause/").status_code == 409
    assert cleo.post(f"/runs/{execution.id}/retry/").status_code == 303
    waits(execution)


def test_unknown_orders_and_strangers_get_nothing(cast: Cast, worker: Worker) -> None:
    execution = ended(start(cast, chain(agent("write", "x"), outputs=REPORT)))
    assert browser(cast.cleo).post(f"/runs/{execution.id}/explosion/").status_code == 404
    finn = browser(cast.finn)
    for address in (
        "",
        "output/",
        "output.md",
        "output.pdf",
        "output.json",
        "log/",
        "log.jsonl",
        "fork/?path=write",
    ):
        assert finn.get(f"/runs/{execution.id}/{address}").status_code in (403, 404), address
    for order in ("cancellation", "retry", "pause", "resumption", "fork"):
        assert finn.post(f"/runs/{execution.id}/{order}/").status_code in (403, 404), order


def test_an_order_through_htmx_that_is_refused_becomes_a_note(cast: Cast, worker: Worker) -> None:
    execution = ended(start(cast, chain(agent("write", "x"))))
    response = browser(cast.cleo).post(f"/runs/{execution.id}/pause/", headers={"HX-Request": "true"})
    assert (response.status_code, response["HX-Retarget"]) == (409, "#toasts")
    assert "Only a run" in response.content.decode()


def test_a_step_runs_again_with_edited_input_in_a_new_run(cast: Cast, worker: Worker) -> None:
    execution = ended(start(cast, chain(agent("first", "one"), agent("write", "two"), outputs=REPORT)))
    cleo = browser(cast.cleo)
    page = cleo.get(f"/runs/{execution.id}/fork/?path=write").content.decode()
    assert "two" in page
    assert cleo.post(f"/runs/{execution.id}/fork/?path=write", {"edited": "{nonsense"}).status_code == 422
    assert cleo.post(f"/runs/{execution.id}/fork/?path=write", {"edited": "[1]"}).status_code == 422
    assert cleo.get(f"/runs/{execution.id}/fork/?path=nowhere").status_code == 404
    response = cleo.post(
        f"/runs/{execution.id}/fork/?path=write", {"edited": json.dumps({"prompt": "three"})}
    )
    forked = Execution.objects.exclude(pk=execution.id).get()
    assert response["Location"] == f"/runs/{forked.id}/"
    assert ended(forked).outputs == {"report": "write: three"}
    assert "begun from" in read(cast, f"/runs/{forked.id}/")


def test_the_result_is_read_and_taken_away_in_three_forms(cast: Cast, worker: Worker) -> None:
    text = "\n\n# Zürich\n\nWe **grew** by 12 %.\n\n| Region | Sales |\n|---|---|\n| Łódź | 3 |\n\n日本 – ok"
    execution = ended(start(cast, chain(agent("write", text), outputs=REPORT)))
    page = read(cast, f"/runs/{execution.id}/output/", "eve")
    assert "<h2>Zürich</h2>" in page
    assert "<td>Łódź</td>" in page
    eve = browser(cast.eve)
    assert "We **grew**" in eve.get(f"/runs/{execution.id}/output.md").content.decode()
    assert eve.get(f"/runs/{execution.id}/output.json").json()["outputs"] == {"report": f"write: {text}"}
    pdf = eve.get(f"/runs/{execution.id}/output.pdf")
    assert "attachment" in pdf["Content-Disposition"]
    assert pdf.content.startswith(b"%PDF-")
    assert b"/Type /Page" in pdf.content
    assert eve.get(f"/runs/{execution.id}/output.exe").status_code == 404


@pytest.mark.parametrize(
    "given",
    [
        {"rows": [{"a": 1, "b": [1, 2]}], "deep": {"x": {"y": [1, {"z": 2}]}}},
        {"empty": None, "list": [], "text": ""},
        {"html": "<script>alert(1)</script>", "table": "| a |\n|---|\n| <b> |"},
        {"long": "word " * 5000},
    ],
)
def test_any_result_can_be_shown_and_printed(cast: Cast, given: dict[str, Any]) -> None:
    workflow = published(cast, chain(agent("write")))
    execution = Execution.objects.create(
        workspace=cast.workspace,
        workflow=workflow,
        version=workflow.published,
        number=1,
        status="completed",
        outputs=given,
    )
    assert "<script>alert" not in read(cast, f"/runs/{execution.id}/output/")
    for ending in ("md", "json", "pdf"):
        assert browser(cast.eve).get(f"/runs/{execution.id}/output.{ending}").content


def test_files_of_a_run_are_downloaded_and_never_act_as_pages(cast: Cast, worker: Worker) -> None:
    execution = ended(start(cast, chain(tool("write", "write", {"name": "page.html"}))))
    assert "page.html" in read(cast, f"/runs/{execution.id}/?step=write")
    response = browser(cast.eve).get(f"/files/{RunFile.objects.get().id}/")
    assert "attachment" in response["Content-Disposition"]
    assert response["Content-Type"] == "application/octet-stream"


def test_the_log_is_shown_proved_and_exported(cast: Cast, worker: Worker) -> None:
    execution = ended(start(cast, chain(agent("write", "x"))))
    page = read(cast, f"/runs/{execution.id}/log/", "eve")
    assert "run.started" in page
    assert "The log is as it was written" in page
    response = browser(cast.eve).get(f"/runs/{execution.id}/log.jsonl")
    lines = [json.loads(line) for line in response.getvalue().decode().splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, execution.seq + 1))


def test_runs_are_found_by_words_state_and_number(cast: Cast, worker: Worker) -> None:
    ended(start(cast, chain(agent("write", "x")), {}, slug="alpha"))
    ended(start(cast, chain(agent("write", "fail")), {}, slug="beta"))
    assert "Beta" not in read(cast, "/runs/?q=alpha").split("<table")[1]
    assert "Alpha" not in read(cast, "/runs/?status=failed").split("<table")[1]
    assert "No run fits" in read(cast, "/runs/?q=%2399")
    for strange in ("?q=%00", "?page=9999", "?days=x", "?status=%00", "?q=%23999999999999999"):
        read(cast, f"/runs/{strange}")


def test_figures_of_a_workflow_count_its_runs(cast: Cast, worker: Worker) -> None:
    ended(start(cast, chain(agent("write", "x"))))
    page = read(cast, "/workflows/flow/statistics/", "eve")
    assert "100 %" in page
    assert "Slowest steps" in page
    assert (
        "<html"
        not in browser(cast.eve)
        .get("/workflows/flow/statistics/", headers={"HX-Request": "true"})
        .content.decode()
    )


def test_step_addresses_that_do_not_exist_show_the_run_all_the_same(cast: Cast, worker: Worker) -> None:
    execution = ended(start(cast, chain(agent("write", "x"))))
    for step in ("nowhere", "%00", "write[9].x", "../../etc"):
        read(cast, f"/runs/{execution.id}/?step={step}&round=abc")


def test_a_file_whose_content_is_gone_is_a_page_that_says_so(
    cast: Cast, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    table = SimpleUploadedFile("a.csv", b"x", "text/csv")
    stored = operations.store_upload(table, by=cast.cleo.actor)
    stored.content.delete(save=False)
    response = browser(cast.cleo).get(f"/files/{stored.id}/")
    assert response.status_code == 404
    assert "The content of this file is no longer there." in response.content.decode()
