"""Nothing that people, models or documents name is fetched from inside the house (SSRF)."""

import ast
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpcore2
import pytest

from agents import operations as agents
from agents.providers.catalogue import KINDS
from agents.runtime import run_tool
from agents.runtime.contract import StepFailed, ToolTask
from agents.tools.catalogue import catalogue
from convergio.errors import InvalidInput
from convergio.http import OutboundFailed, OutboundRefused, fetch
from tests.agents.ports import Ports
from tests.people import Cast

ROOT = Path(__file__).resolve().parents[2]
PUBLIC = "93.184.216.34"
INSIDE = [
    "http://127.0.0.1/",
    "http://localhost/",
    "http://LOCALHOST./",
    "http://127.0.0.1./",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://0/",
    "http://0.0.0.0/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/",
    "http://[fd00::1]/",
    "http://[fe80::1]/",
    "http://[fe80::1%25lo]/",
    "http://[64:ff9b::127.0.0.1]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[2002:7f00:1::]/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.0.1/",
    "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://１２７.0.0.1/",  # digits that look like others
    "http://①②⑦.⓪.⓪.①/",
    "http://127。0。0。1/",
    "http://example.com@127.0.0.1/",
    "http://user:password@127.0.0.1/",
    "http://127.0.0.1#@example.com/",
    "http://127.0.0.1\\@example.com/",
    "http://127.0.0.1%2f@example.com/",
    "http://[::1]%00.example.com/",
    "http://inside.example/",
    "http://both.example/",
    "https://inside6.example:8443/x",
    "file:///etc/passwd",
    "ftp://127.0.0.1/",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "http+unix://%2fvar%2frun%2fdocker.sock/",
    "unix:///var/run/docker.sock",
    "dict://127.0.0.1:11211/",
    "//127.0.0.1/",
    "http:127.0.0.1/",
    "http:///127.0.0.1/",
]
NAMES = {
    "localhost": ["127.0.0.1"],
    "inside.example": ["10.1.2.3"],
    "inside6.example": ["::ffff:10.1.2.3"],
    "both.example": [PUBLIC, "169.254.169.254"],
    "public.example": [PUBLIC],
}


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch, settings: Any) -> list[str]:
    """The addresses to which a connection was really begun; none is ever made."""
    settings.OUTBOUND_ALLOWED_HOSTS = []
    found: list[str] = []

    async def connect(self: Any, host: str, *rest: Any, **more: Any) -> Any:
        found.append(host)
        raise httpcore2.ConnectError("not in a test")

    def resolve(host: str, port: Any, *rest: Any, **more: Any) -> Any:
        if host not in NAMES:
            raise socket.gaierror(f"{host} is unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in NAMES[host]]

    monkeypatch.setattr(httpcore2.AnyIOBackend, "connect_tcp", connect)
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return found


def takers() -> list[tuple[str, str]]:
    """Every tool that takes an address, with the name of that argument."""
    words = ("url", "uri", "address", "host", "endpoint", "link", "webhook")
    return [
        (slug, name)
        for slug, tool in catalogue().items()
        for name in tool.parameters.get("properties", {})
        if any(word in name.lower() for word in words)
    ]


def test_the_takers_of_addresses_are_known() -> None:
    assert {slug for slug, _ in takers()} == {"web_fetch", "http_request"}


@pytest.mark.parametrize(("tool", "argument"), takers())
async def test_no_tool_reaches_inside(cast: Cast, reached: list[str], tool: str, argument: str) -> None:
    ports = Ports(cast.workspace.pk)
    for url in INSIDE:
        with pytest.raises(StepFailed) as refused:
            await run_tool(ToolTask(tool, {argument: url}), ports.context())
        assert refused.value.sentence, url
        assert reached == [], url


async def test_what_is_public_is_reached(reached: list[str]) -> None:
    """The list above would also be refused by a client that refuses everything."""
    with pytest.raises(OutboundFailed):
        await fetch("http://public.example/")
    assert reached == [PUBLIC]


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"embedded"}))
def test_no_provider_reaches_inside(cast: Cast, reached: list[str], kind: str) -> None:
    provider = agents.create_provider(slug="p", name="P", kind=kind, api_key="k", by=cast.ada.actor)
    agents.save_model(provider, name="m", by=cast.ada.actor)
    for url in (
        INSIDE[:6] + INSIDE[12:17] + INSIDE[27:28] + ["http://inside.example/", "http://both.example/"]
    ):
        type(provider).objects.filter(pk=provider.pk).update(base_url=url)  # as if it had been saved long ago
        provider.refresh_from_db()
        told = agents.test_connection(provider, by=cast.ada.actor)
        assert "answers" not in told
        assert reached == [], url


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "http://u:p@x.example/", "gopher://x/", "javascript:1", "x"]
)
def test_a_provider_is_not_even_saved_with_what_is_no_web_address(cast: Cast, url: str) -> None:
    with pytest.raises(InvalidInput):
        agents.create_provider(slug="p", name="P", kind="openai", base_url=url, by=cast.ada.actor)


def test_a_model_name_or_option_does_not_lead_elsewhere(cast: Cast, reached: list[str]) -> None:
    """Azure puts model and options into the address."""
    provider = agents.create_provider(
        slug="p",
        name="P",
        kind="azure_openai",
        api_key="k",
        base_url="https://public.example",
        options={"deployment": "@127.0.0.1/../x", "api_version": "1@127.0.0.1#"},
        by=cast.ada.actor,
    )
    agents.save_model(provider, name="//127.0.0.1/x", by=cast.ada.actor)
    agents.test_connection(provider, by=cast.ada.actor)
    assert set(reached) <= {PUBLIC}


async def test_a_name_that_changes_its_address_is_pinned(
    reached: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Public when it is checked, private a moment later: only the checked address is ever connected to."""
    answers = iter([[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]])
    asked: list[str] = []

    def resolve(host: str, port: Any, *rest: Any, **more: Any) -> Any:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in next(answers)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(OutboundFailed):
        await fetch("http://changing.example/")
    assert (reached, len(asked)) == ([PUBLIC], 1)
    with pytest.raises(OutboundRefused):
        await fetch("http://changing.example/")
    assert reached == [PUBLIC]


class _Redirecting(BaseHTTPRequestHandler):
    to = ""

    def do_GET(self) -> None:
        self.send_response(int(self.path.strip("/") or 302))
        self.send_header("location", self.to)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def redirecting() -> Iterator[ThreadingHTTPServer]:
    """A site out there that sends its callers on."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Redirecting)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_leads_inside(
    reached: list[str], redirecting: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    connect = _to_the_site(redirecting, reached)
    monkeypatch.setattr("convergio.http.httpcore2.AnyIOBackend.connect_tcp", connect)
    for url in [one for one in INSIDE if not one.startswith("//")]:
        _Redirecting.to = url
        with pytest.raises((OutboundRefused, OutboundFailed)):
            await fetch(f"http://public.example/{status}")
        assert set(reached) == {PUBLIC}, url


def _to_the_site(server: ThreadingHTTPServer, reached: list[str]) -> Any:
    """Connects the public address to a server on this machine and nothing else."""
    import anyio
    from httpcore2._backends.anyio import AnyIOStream

    async def connect(self: Any, host: str, *rest: Any, **more: Any) -> Any:
        reached.append(host)
        assert host == PUBLIC
        return AnyIOStream(await anyio.connect_tcp("127.0.0.1", server.server_port))

    return connect


def test_nothing_else_in_the_product_goes_out() -> None:
    """Whoever needs the network imports the guarded client; these few talk to services of the settings alone."""
    allowed = {
        "convergio/http.py",
        "convergio/notifications/outbox.py",  # knows the errors of Django's mail, to the server of the settings
        "convergio/rest/health.py",
        "agents/runtime/autogen/clients.py",
    }
    clients = {
        "httpx",
        "httpx2",
        "httpcore2",
        "requests",
        "aiohttp",
        "urllib3",
        "smtplib",
        "ftplib",
        "anthropic",
    }
    found = {
        str(path.relative_to(ROOT))
        for app in ("agents", "approvals", "convergio", "executions", "workflows")
        for path in (ROOT / app).rglob("*.py")
        if not {"embedded", "bootstrap"} & set(path.parts)
        if imported(path, clients | {"urllib.request", "http.client"})
    }
    assert found <= allowed


def imported(path: Path, modules: set[str]) -> set[str]:
    """Which of the modules a file imports; only one that speaks of them is parsed."""
    source = path.read_text()
    if not any(module.split(".")[0] in source for module in modules):
        return set()
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    names |= {name.split(".")[0] for name in names if not name.startswith(("urllib", "http."))}
    return names & modules
