"""The commands of README.md and docs/api.md, run as they stand against the product; only the model is scripted."""

import os
import re
import subprocess

import pytest

from tests.stack.running import ROOT, Stack

DOCUMENTS = {"docs/api.md": 2, "README.md": 2}
"""How many reports the commands of each lead to."""


def commands(document: str) -> str:
    """Every shell block of a document, in order."""
    return "\n".join(re.findall(r"```sh\n(.*?)```", (ROOT / document).read_text(), re.DOTALL))


APPROVED = r'"kind": "approval", "status": "approved"'
"""How the answer to a decision begins."""


@pytest.mark.stack
@pytest.mark.timeout(300)
@pytest.mark.xdist_group("up")
@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document_leads_from_a_question_to_a_result(running: Stack, document: str) -> None:
    done = follow(running, document)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert len(re.findall(APPROVED, done.stdout)) == 2
    assert len(re.findall(r"# \S", done.stdout)) >= DOCUMENTS[document], "the reports are read"
    if document == "docs/api.md":
        assert '"email": "ada@example.com"' in done.stdout
        assert "event: step." in done.stdout
        assert '"is_whole": true' in done.stdout


def follow(product: Stack, document: str) -> "subprocess.CompletedProcess[str]":
    """Do what a document says."""
    there = {"BASE": f"{product.url}/api/v1", "VAR_DIR": str(product.var)}
    return subprocess.run(
        ["timeout", "150", "bash", "-c", "set -euxo pipefail\n" + commands(document)],
        cwd=ROOT,
        env={**os.environ, **product.settings, **there},
        capture_output=True,
        text=True,
        check=False,
    )
