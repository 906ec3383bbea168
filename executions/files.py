"""Files of runs: uploads that become inputs, and what tools read and write in their run's own space."""

import hashlib
import mimetypes
import os
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.db import transaction
from django.db.models import Q, QuerySet

from convergio.errors import InvalidInput, NotFound, TooLarge
from convergio.threads import in_database
from executions.models import Execution, RunFile

type References = list[dict[str, Any]]

MAX_NAME = 255
"""Characters of a file's name, as the column holds them."""
MAX_ENDING = 32
"""How much of a name's ending is kept where the name must be cut."""
MAX_FILES = 500
"""Files that one run may have."""
MAX_FORKS = 20
"""How many runs a fork of a fork of … looks back to."""


def save(
    content: "bytes | File[bytes]",
    *,
    workspace_id: uuid.UUID,
    name: str,
    content_type: str = "",
    execution_id: uuid.UUID | None = None,
    written_by: str = "",
) -> RunFile:
    """Store bytes under a name. Raises TooLarge and InvalidInput."""
    wrapped: File[bytes] = ContentFile(content) if isinstance(content, bytes) else content
    size = wrapped.size or 0
    if size > settings.MAX_UPLOAD_BYTES:
        most = settings.MAX_UPLOAD_BYTES // 1_000_000
        raise TooLarge(f"“{clean_name(name)}” has {size:,} bytes; a file may have {most} MB at most.")
    run_file = RunFile(
        workspace_id=workspace_id,
        execution_id=execution_id,
        name=clean_name(name),
        content_type=_type_of(name, content_type),
        size=size,
        digest=_digest(wrapped),
        written_by=written_by[:500],
    )
    run_file.content.save("content", wrapped, save=False)
    run_file.save(force_insert=True)
    return run_file


def clean_name(name: str) -> str:
    """Return a file name without folders and control characters. Raises InvalidInput when nothing is left."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(letter for letter in last if letter.isprintable()).strip(". ")
    if not shown:
        raise InvalidInput("A file needs a name.")
    stem, ending = os.path.splitext(shown)
    ending = ending[:MAX_ENDING]
    return stem[: MAX_NAME - len(ending)] + ending if len(shown) > MAX_NAME else shown


def reference(run_file: RunFile) -> dict[str, Any]:
    """Return what stands for a file in inputs, outputs and tool arguments."""
    return {
        "file": str(run_file.id),
        "name": run_file.name,
        "size": run_file.size,
        "content_type": run_file.content_type,
    }


def references_in(value: Any) -> Iterator[str]:
    """Every file id that a JSON value refers to."""
    if isinstance(value, dict):
        if isinstance(value.get("file"), str):
            yield value["file"]
        for one in value.values():
            yield from references_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from references_in(one)


def is_id(text: str) -> bool:
    """Whether a text is an id and not a name."""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def within_reach(execution: Execution) -> QuerySet[RunFile]:
    """The files that a run may read: its own, those of its inputs, of what it was forked from and of its sub-runs."""
    given = [one for one in references_in(execution.inputs) if is_id(one)]
    own = Q(execution__in=[execution.id, *_originals(execution)]) | Q(execution__parent=execution.id)
    return RunFile.objects.filter(own | Q(id__in=given), workspace_id=execution.workspace_id)


def _originals(execution: Execution) -> list[uuid.UUID]:
    found: list[uuid.UUID] = []
    at = execution.forked_from_id
    while at is not None and len(found) < MAX_FORKS:
        found.append(at)
        at = Execution.objects.filter(pk=at).values_list("forked_from_id", flat=True).first()
    return found


def find(execution: Execution, file: str) -> RunFile:
    """Return a file within reach by id, or the newest of that name. Raises NotFound."""
    files = within_reach(execution)
    found = files.filter(pk=file) if is_id(file) else files.filter(name=file).order_by("-created_at")
    run_file = found.first()
    if run_file is None:
        raise NotFound(f"This run has no file “{file}”.")
    return run_file


def opened(run_file: RunFile) -> "File[bytes]":
    """Return a file's content, to be read and closed. Raises NotFound when it is gone from the disk."""
    try:
        content: File[bytes] = run_file.content.open("rb")
    except (FileNotFoundError, ValueError):
        raise NotFound("The content of this file is no longer there.") from None
    return content


@dataclass(frozen=True, slots=True)
class StepFiles:
    """Fulfils `agents.runtime.contract.Files` for one step of a run."""

    execution_id: uuid.UUID
    path: str

    async def read(self, file: str) -> bytes:
        """Return a file's bytes by id or name. Raises NotFound."""
        return await in_database(self._read, file)

    async def write(self, name: str, content: bytes, content_type: str) -> dict[str, Any]:
        """Save (or replace) a file and return its reference."""
        return await in_database(self._write, name, content, content_type)

    async def list(self) -> "References":
        """Return references of all files within reach."""
        return await in_database(self._list)

    def _execution(self) -> Execution:
        return Execution.objects.only("id", "workspace_id", "inputs", "forked_from_id").get(
            pk=self.execution_id
        )

    def _read(self, file: str) -> bytes:
        with opened(find(self._execution(), str(file))) as content:
            raw: bytes = content.read()
        return raw

    def _write(self, name: str, content: bytes, content_type: str) -> dict[str, Any]:
        execution = self._execution()
        own = RunFile.objects.filter(execution=execution)
        older = own.filter(name=clean_name(name))
        if not older.exists() and own.count() >= MAX_FILES:
            raise TooLarge(f"A run may have {MAX_FILES} files at most.")
        with transaction.atomic():
            replaced = list(older)
            older.delete()
            run_file = save(
                content,
                workspace_id=execution.workspace_id,
                name=name,
                content_type=content_type,
                execution_id=execution.id,
                written_by=self.path,
            )
            transaction.on_commit(lambda: _erase(replaced))
        return reference(run_file)

    def _list(self) -> "References":
        return [reference(one) for one in within_reach(self._execution())]


def _erase(replaced: Iterable[RunFile]) -> None:
    for one in replaced:
        one.content.delete(save=False)


def _type_of(name: str, given: str) -> str:
    return (given or mimetypes.guess_type(name)[0] or "application/octet-stream")[:100]


def _digest(content: "File[bytes]") -> str:
    found = hashlib.sha256()
    for chunk in content.chunks():
        found.update(chunk)
    content.seek(0)
    return found.hexdigest()
