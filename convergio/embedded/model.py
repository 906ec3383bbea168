"""The language model: SmolLM2-135M-Instruct on llama.cpp's OpenAI-compatible server, in a process of its own."""

from __future__ import annotations

import http.client
import sys
from pathlib import Path

from convergio.bootstrap.processes import Child, wait_until
from convergio.embedded import folders, ports
from convergio.embedded.logs import last_words, log_file
from convergio.embedded.trouble import Trouble

TRIES = 3


class Model:
    """The server, on a free local port that it keeps when it is started again.

    Loading the weights takes one to three seconds.
    """

    name = "model"
    setting = "MODEL_SERVER_URL"

    def __init__(self, home: Path) -> None:
        self.home = home
        self.child: Child | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self) -> None:
        """Bring the server up and return when the weights are loaded."""
        self.begin()
        self.wait()

    def begin(self) -> None:
        """Start loading and return at once."""
        folders.make(self.home)
        self.port = self.port or ports.any_free()
        with log_file(self.home).open("ab") as output:
            self.child = Child(self.name, [*_SERVE, str(self.port)], output=output, grace=3)

    def wait(self) -> None:
        """Return when the server answers; starts it again when somebody took its port."""
        for _ in range(TRIES):
            if (
                wait_until(lambda: self._ended() or self.healthy(), seconds=120, every=0.1)
                and not self._ended()
            ):
                return
            self.stop()
            self.port = 0
            self.begin()
        self.stop()
        log = self.home / "log"
        raise Trouble(f"The model server did not start: {last_words(log)} The whole story is in {log}.")

    def healthy(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def stop(self) -> None:
        if self.child:
            self.child.stop()

    def _ended(self) -> bool:
        return self.child is None or self.child.ended()


_SERVE = [sys.executable, "-m", "convergio.embedded.serve_model"]
