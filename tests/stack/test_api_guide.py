"""The commands of docs/api.md, run as they stand there against the whole product; only the model is scripted."""

import os
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.stack.model_server import ModelServer
from tests.stack.office import Office
from tests.stack.running import Stack

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "api.md"


def commands() -> str:
    """Every shell block of the guide, in order."""
    return "\n".join(re.findall(r"```sh\n(.*?)```", GUIDE.read_text(), re.DOTALL))


@pytest.mark.stack
@pytest.mark.timeout(300)
def test_the_guide_leads_from_a_question_to_a_result(tmp_path: Path) -> None:
    author: Any = SimpleNamespace(said=[])
    with ModelServer() as models:
        models.answer_with(lambda request: Office.answer(author, request))
        product = Stack(tmp_path / "var", MODEL_SERVER_URL=models.url)
        try:
            done = follow(product.wait())
        finally:
            product.end()
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert '"email": "ada@example.com"' in done.stdout
    assert "event: step." in done.stdout
    assert done.stdout.count('"status": "approved"') == 2
    assert len(re.findall(r"\}# \S", done.stdout)) == 2, "two reports are read"
    assert '"is_whole": true' in done.stdout


def follow(product: Stack) -> "subprocess.CompletedProcess[str]":
    """Do what the guide says."""
    there = {"BASE": f"{product.url}/api/v1", "VAR_DIR": str(product.var)}
    return subprocess.run(
        ["timeout", "150", "bash", "-c", "set -euxo pipefail\n" + commands()],
        cwd=ROOT,
        env={**os.environ, **product.settings, **there},
        capture_output=True,
        text=True,
        check=False,
    )
