"""A scripted OpenAI-compatible server over real HTTP, so that real clients, streams and tool calls are exercised.

    with ModelServer() as models:
        models.say("Hello")                                  # next answer
        models.call_tool("calculator", {"expression": "1+1"})
        models.fail(429)
        models.say("slow", delay_s=5)
        models.answer_with(lambda request: Say(f"I got {len(request['messages'])} messages"))
        … base_url = models.url …
        assert models.requests[0]["messages"][-1]["content"] == …

Answers are used in the order they were scripted; then the standing answer (`answer_with`) serves. Without one, the
server repeats what it was asked last, cut to 200 characters. `python -m tests.stack.model_server PORT` serves alone.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

type Request = dict[str, Any]


@dataclass(frozen=True)
class Say:
    """One scripted answer. `gap_s` is waited between streamed words, `delay_s` before anything is sent."""

    text: str = ""
    tool_calls: tuple[tuple[str, dict[str, Any]], ...] = ()
    status: int = 200
    error: str = "scripted failure"
    delay_s: float = 0.0
    gap_s: float = 0.0
    prompt_tokens: int = 10
    completion_tokens: int = 5
    hang_up_after: int | None = None
    """Close the connection after so many streamed words."""


type Answer = Say | Callable[[Request], Say]


@dataclass
class ModelServer:
    """Starts on a free port (or the one given) when entered, stops when left."""

    port: int = 0
    requests: list[Request] = field(default_factory=list)
    broken_off: int = 0
    """Streams and answers whose client went away."""
    in_a_hurry: threading.Event = field(default_factory=threading.Event)
    """Once set, nothing is waited for between words."""
    _script: deque[Answer] = field(default_factory=deque)
    _standing: Answer | None = None
    _server: ThreadingHTTPServer | None = None

    def __enter__(self) -> ModelServer:
        self._server = _Server(("127.0.0.1", self.port), _Handler)
        self._server.models = self  # type: ignore[attr-defined]
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.refuse_connections()

    def refuse_connections(self) -> None:
        """Go away, as a server does that crashed."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @property
    def url(self) -> str:
        """What a client takes as base_url."""
        return f"http://127.0.0.1:{self.port}/v1"

    def say(self, text: str, **how: Any) -> None:
        """Script the next answer."""
        self._script.append(Say(text, **how))

    def call_tool(self, name: str, arguments: dict[str, Any], **how: Any) -> None:
        """Script a tool call as the next answer."""
        self._script.append(Say(tool_calls=((name, arguments),), **how))

    def fail(self, status: int, times: int = 1, error: str = "scripted failure") -> None:
        """Script failures as the next answers."""
        self._script.extend([Say(status=status, error=error)] * times)

    def answer_with(self, answer: Answer | None) -> None:
        """Set what serves when the script is at its end."""
        self._standing = answer

    def next_answer(self, request: Request) -> Say:
        """Take the next answer for a request, which is kept in `requests`."""
        self.requests.append(request)
        answer = self._script.popleft() if self._script else self._standing
        if answer is None:
            answer = Say(str(request["messages"][-1].get("content"))[:200])
        return answer if isinstance(answer, Say) else answer(request)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that go away are what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def models(self) -> ModelServer:
        found: ModelServer = self.server.models  # type: ignore[attr-defined]
        return found

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._json(200, {"object": "list", "data": [{"id": "scripted", "object": "model"}]})

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        request["_headers"] = {name.lower(): value for name, value in self.headers.items()}
        request["_path"] = self.path
        answer = self.models.next_answer(request)
        time.sleep(answer.delay_s)
        try:
            self._answer(request, answer)
        except OSError:
            self.models.broken_off += 1
            self.close_connection = True

    def _answer(self, request: Request, answer: Say) -> None:
        if answer.status != 200:
            self._json(answer.status, {"error": {"message": answer.error, "type": "scripted"}})
        elif request.get("stream"):
            self._stream(request, answer)
        else:
            self._json(200, _completion(request, answer))

    def _json(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _stream(self, request: Request, answer: Say) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        for number, delta in enumerate(_deltas(answer)):
            if answer.hang_up_after is not None and number >= answer.hang_up_after:
                return
            self._event(request, {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
            self.models.in_a_hurry.wait(answer.gap_s)
        end = {"index": 0, "delta": {}, "finish_reason": _reason(answer)}
        self._event(request, {"choices": [end]})
        if (request.get("stream_options") or {}).get("include_usage"):
            self._event(request, {"choices": [], "usage": _usage(answer)})
        self.wfile.write(b"data: [DONE]\n\n")

    def _event(self, request: Request, body: dict[str, Any]) -> None:
        chunk = {"id": "scripted", "object": "chat.completion.chunk", "created": 1, "model": request["model"]}
        self.wfile.write(f"data: {json.dumps(chunk | body)}\n\n".encode())
        self.wfile.flush()


def _reason(answer: Say) -> str:
    return "tool_calls" if answer.tool_calls else "stop"


def _usage(answer: Say) -> dict[str, int]:
    total = answer.prompt_tokens + answer.completion_tokens
    return {
        "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": answer.completion_tokens,
        "total_tokens": total,
    }


def _tool_calls(answer: Say) -> list[dict[str, Any]]:
    return [
        {
            "id": f"call_{at}_{name}",
            "type": "function",
            "function": {"name": name, "arguments": json.dumps(given)},
        }
        for at, (name, given) in enumerate(answer.tool_calls)
    ]


def _deltas(answer: Say) -> list[dict[str, Any]]:
    if answer.tool_calls:
        return [{"tool_calls": [{"index": at, **call}]} for at, call in enumerate(_tool_calls(answer))]
    words = answer.text.split(" ")
    return [{"content": word if at == 0 else f" {word}"} for at, word in enumerate(words)]


def _completion(request: Request, answer: Say) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": answer.text or None}
    if answer.tool_calls:
        message["tool_calls"] = _tool_calls(answer)
    return {
        "id": "scripted",
        "object": "chat.completion",
        "created": 1,
        "model": request["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": _reason(answer)}],
        "usage": _usage(answer),
    }


if __name__ == "__main__":
    with ModelServer(port=int(sys.argv[1])) as alone:
        sys.stdout.write(f"{alone.url}\n")
        sys.stdout.flush()
        threading.Event().wait()
