"""A model that answers by order of the prompt, in a process of its own: `python -m tests.bench.model` prints its port.

"wait=0.2" in the last message is waited before the answer; "words=80 gap=0.02" is how a stream is spread. Each streamed
word is the time at which it was sent, so whoever reads it knows how long it was under way.
"""

import asyncio
import json
import re
import sys
import time
from typing import Any

USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
HEAD = "HTTP/1.1 200 OK\r\ncontent-type: {}\r\n{}\r\n\r\n"


async def serve() -> None:
    """Answer until killed."""
    server = await asyncio.start_server(_connection, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


async def _connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while (request := await _request(reader)) is not None:
            await _answer(request, writer)
    except (OSError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def _request(reader: asyncio.StreamReader) -> dict[str, Any] | None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
    body = await reader.readexactly(int(length[1])) if length else b"{}"
    found: dict[str, Any] = json.loads(body)
    return found


async def _answer(request: dict[str, Any], writer: asyncio.StreamWriter) -> None:
    orders = str(request["messages"][-1]["content"]) if request.get("messages") else ""
    await asyncio.sleep(_order(orders, "wait", 0.0))
    if request.get("stream"):
        await _stream(request, writer, int(_order(orders, "words", 5)), _order(orders, "gap", 0.0))
        return
    message = {"role": "assistant", "content": "An answer of a few words."}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    body = json.dumps({**_frame(request, "chat.completion"), "choices": [choice], "usage": USAGE}).encode()
    writer.write(HEAD.format("application/json", f"content-length: {len(body)}").encode() + body)
    await writer.drain()


async def _stream(request: dict[str, Any], writer: asyncio.StreamWriter, words: int, gap: float) -> None:
    frame = _frame(request, "chat.completion.chunk")
    writer.write(HEAD.format("text/event-stream", "transfer-encoding: chunked").encode())
    for _ in range(words):
        delta = {"content": f"{time.time():.4f} "}
        _event(writer, {**frame, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
        await asyncio.sleep(gap)
    _event(writer, {**frame, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    _event(writer, {**frame, "choices": [], "usage": USAGE})
    _piece(writer, b"data: [DONE]\n\n")
    writer.write(b"0\r\n\r\n")
    await writer.drain()


def _event(writer: asyncio.StreamWriter, body: dict[str, Any]) -> None:
    _piece(writer, f"data: {json.dumps(body)}\n\n".encode())


def _piece(writer: asyncio.StreamWriter, content: bytes) -> None:
    writer.write(f"{len(content):x}\r\n".encode() + content + b"\r\n")


def _frame(request: dict[str, Any], kind: str) -> dict[str, Any]:
    return {"id": "bench", "object": kind, "created": 1, "model": request.get("model", "")}


def _order(text: str, name: str, otherwise: float) -> float:
    found = re.search(rf"{name}=([\d.]+)", text)
    return float(found[1]) if found else otherwise


if __name__ == "__main__":
    try:
        asyncio.run(serve())
    except KeyboardInterrupt:
        sys.exit(0)
