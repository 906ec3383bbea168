"""Files of runs."""

import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from convergio.errors import InvalidInput, NotAllowed, NotFound, TooLarge
from executions import files, operations
from executions.models import RunFile
from executions.worker import Worker
from tests.executions.flows import agent, ended, published, start, tool
from tests.executions.flows import chain as flow
from tests.people import Cast

FILE_INPUT = [{"name": "table", "type": "file", "required": True, "accept": [".csv"]}]


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def upload(name: str = "a.csv", content: bytes = b"x,y\n1,2\n") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="text/csv")


def test_an_upload_becomes_an_input_that_tools_read(worker: Worker, cast: Cast) -> None:
    run_file = operations.store_upload(upload(), by=cast.cleo.actor)
    document = flow(tool("load", "read", {"file": "${inputs.table.file}"}), inputs=FILE_INPUT)
    execution = ended(start(cast, document, {"table": files.reference(run_file)}))
    assert execution.outputs == {"load": {"text": "x,y\n1,2\n"}}, execution.error
    run_file.refresh_from_db()
    assert run_file.execution == execution
    assert (run_file.size, run_file.content_type) == (8, "text/csv")


def test_what_a_person_says_of_a_file_is_not_believed(worker: Worker, cast: Cast) -> None:
    run_file = operations.store_upload(upload(), by=cast.cleo.actor)
    given = {"file": str(run_file.id), "name": "other.csv", "size": 1, "content_type": "text/html"}
    document = flow(agent("one"), inputs=FILE_INPUT)
    execution = start(cast, document, {"table": given})
    assert execution.inputs["table"] == files.reference(run_file)


def test_the_id_of_an_upload_is_enough(worker: Worker, cast: Cast) -> None:
    run_file = operations.store_upload(upload(), by=cast.cleo.actor)
    execution = start(cast, flow(agent("one"), inputs=FILE_INPUT), {"table": str(run_file.id)})
    assert execution.inputs["table"] == files.reference(run_file)


@pytest.mark.parametrize("claimed", [{}, {"name": "a.csv"}])
def test_the_ending_is_judged_by_the_name_that_was_stored(
    worker: Worker, cast: Cast, claimed: dict[str, str]
) -> None:
    run_file = operations.store_upload(upload("a.exe"), by=cast.cleo.actor)
    workflow = published(cast, flow(agent("one"), inputs=FILE_INPUT))
    with pytest.raises(InvalidInput, match=r"ends in \.csv"):
        operations.start(workflow, {"table": {"file": str(run_file.id), **claimed}}, by=cast.cleo.actor)


def test_files_of_another_workspace_are_not_there(worker: Worker, cast: Cast) -> None:
    foreign = RunFile.objects.create(workspace=cast.elsewhere, name="a.csv")
    workflow = published(cast, flow(agent("one"), inputs=FILE_INPUT))
    for wanted in (str(foreign.id), str(uuid.uuid4()), "a.csv"):
        with pytest.raises(InvalidInput):
            operations.start(workflow, {"table": {"file": wanted, "name": "a.csv"}}, by=cast.cleo.actor)


def test_a_run_reads_only_files_within_its_reach(worker: Worker, cast: Cast) -> None:
    stranger = operations.store_upload(upload(), by=cast.cleo.actor)
    execution = ended(start(cast, flow(tool("load", "read", {"file": str(stranger.id)}))))
    assert execution.error["code"] == "not_found"
    with pytest.raises(NotFound):
        files.find(execution, "a.csv")


def test_writing_the_same_name_replaces(worker: Worker, cast: Cast, tmp_path: Any) -> None:
    steps = [tool("one", "write", {"name": "out.txt"}), tool("two", "write", {"name": "out.txt"})]
    execution = ended(start(cast, flow(*steps)))
    kept = RunFile.objects.get(execution=execution)
    assert kept.written_by == "two"
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_too_large_is_said_with_the_limit(cast: Cast, settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 3_000_000
    with pytest.raises(TooLarge, match="3 MB"):
        operations.store_upload(upload(content=b"x" * 3_000_001), by=cast.cleo.actor)
    assert not RunFile.objects.exists()


def test_a_run_may_not_fill_the_disk_with_files(
    worker: Worker, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_FILES", 1)
    steps = [tool("one", "write", {"name": "a.txt"}), tool("two", "write", {"name": "b.txt"})]
    assert ended(start(cast, flow(*steps))).error["code"] == "too_large"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.csv", "a.csv"),
        ("a\x00b\n.csv", "ab.csv"),
        ("x" * 300 + ".csv", "x" * 251 + ".csv"),
        ("a." + "x" * 300, "a." + "x" * 31),
        ("x" * 300 + "." + "y" * 300, "x" * 223 + "." + "y" * 31),
        (" report .pdf ", "report .pdf"),
    ],
)
def test_names_lose_what_is_no_name(given: str, kept: str) -> None:
    assert files.clean_name(given) == kept


@pytest.mark.parametrize("given", ["", "..", "/", "\n"])
def test_a_file_needs_a_name(given: str) -> None:
    with pytest.raises(InvalidInput):
        files.clean_name(given)


def test_viewers_upload_nothing(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        operations.store_upload(upload(), by=cast.eve.actor)


def test_references_are_found_at_any_depth() -> None:
    value = {"a": [{"file": "1", "b": {"file": "2"}}], "file": 3}
    assert list(files.references_in(value)) == ["1", "2"]
