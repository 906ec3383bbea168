"""The way out: which addresses may be reached."""

import ipaddress
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from pytest_django import Settings

from convergio import http
from convergio.http import OutboundFailed, OutboundRefused, addresses_of, checked_url, fetch, is_public

PRIVATE = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.9.9.9",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.5",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2002:a00:1::",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "ff02::1",
    "2001:db8::1",
    "2001:0:7f00:1::",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::808:808"]
)
def test_public_addresses_are(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PRIVATE)
async def test_a_private_address_is_refused(address: str) -> None:
    with pytest.raises(OutboundRefused):
        await addresses_of(address, 80)


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "127.1",
        "0177.0.0.1",
        "017700000001",
        "127.0.0.1.",
        "[::1]",
        "localhost",
        "10.1",
        "0",
        "0x0",
        "127.0x0.0.1",
        "1.1.1.1.1",
    ],
)
async def test_another_way_to_write_a_private_address_is_refused(host: str) -> None:
    with pytest.raises((OutboundRefused, OutboundFailed)):
        await addresses_of(host, 80)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.com/",
        "gopher://x",
        "javascript:alert(1)",
        "data:text/plain,x",
        "//example.com",
        "example.com",
        "",
        "http://",
        "http://user:pass@example.com/",
        "http://[::1",
        "http://exa mple.com/",
        "http://example.com:99999/",
    ],
)
def test_only_plain_web_addresses_are_taken(url: str) -> None:
    with pytest.raises(OutboundRefused) as caught:
        checked_url(url)
    assert caught.value.sentence


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that hang up are what some tests are about."""


class _Site(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        match self.path.split("?")[0]:
            case "/hop":
                self._redirect(self.path.partition("?")[2])
            case "/big":
                self._answer(200, b"x" * 5_000)
            case "/slow":
                import time

                time.sleep(1.5)
                self._answer(200, b"late")
            case "/headers":
                self._answer(200, str(sorted(name.lower() for name in self.headers)).encode())
            case _:
                self._answer(200, f"{self.command} {self.path}".encode())

    do_POST = do_GET  # noqa: N815 - the name belongs to http.server

    def _redirect(self, target: str) -> None:
        self.send_response(302)
        self.send_header("location", target)
        self.send_header("content-length", "0")
        self.end_headers()

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def site(settings: Settings) -> Iterator[str]:
    """A site on this machine, allowed by the setting under 127.0.0.1 alone."""
    server = _Quiet(("127.0.0.1", 0), _Site)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    settings.OUTBOUND_ALLOWED_HOSTS = [f"127.0.0.1:{server.server_port}"]
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


async def test_an_allowed_host_answers(site: str) -> None:
    answer = await fetch(f"{site}/page")
    assert (answer.status, answer.text) == (200, "GET /page")


async def test_the_setting_allows_that_port_alone(site: str) -> None:
    port = int(site.rpartition(":")[2])
    assert http.allowed_privately("127.0.0.1", port)
    assert not http.allowed_privately("127.0.0.1", port + 1)


async def test_a_name_that_leads_home_is_refused(site: str) -> None:
    with pytest.raises(OutboundRefused, match="private network"):
        await fetch(site.replace("127.0.0.1", "localhost"))


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/latest", "http://localhost:1/", "file:///etc/passwd"]
)
async def test_a_redirect_is_checked_like_the_first_address(site: str, target: str) -> None:
    with pytest.raises(OutboundRefused):
        await fetch(f"{site}/hop?{target}")


async def test_a_short_chain_of_redirects_is_followed_and_a_long_one_is_not(site: str) -> None:
    assert (await fetch(f"{site}/hop?/hop?/page")).text == "GET /page"
    with pytest.raises(OutboundFailed, match="more than 3"):
        await fetch(f"{site}/hop?{'/hop?' * 6}/page")


async def test_a_post_that_is_sent_on_becomes_a_get(site: str) -> None:
    answer = await fetch(f"{site}/hop?/page", method="POST", content=b"x")
    assert answer.text == "GET /page"


async def test_keys_do_not_follow_a_redirect_to_another_host(site: str, settings: Settings) -> None:
    other = site.replace("127.0.0.1", "localhost")
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
    sent = {"Authorization": "Bearer k", "X-Other": "1"}
    assert "authorization" in (await fetch(f"{site}/hop?/headers", headers=sent)).text
    away = (await fetch(f"{site}/hop?{other}/headers", headers=sent)).text
    assert "authorization" not in away
    assert "x-other" in away


async def test_a_long_body_is_cut_and_says_so(site: str) -> None:
    answer = await fetch(f"{site}/big", max_bytes=1_000)
    assert len(answer.content) == 1_000
    assert answer.is_cut


async def test_a_slow_site_is_a_sentence(site: str) -> None:
    with pytest.raises(OutboundFailed, match=r"within 0\.2 seconds"):
        await fetch(f"{site}/slow", timeout_s=0.2)


async def test_nobody_there_is_a_sentence(settings: Settings) -> None:
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1"]
    with pytest.raises(OutboundFailed):
        await fetch("http://127.0.0.1:9/")


async def test_a_name_that_does_not_exist_is_a_sentence() -> None:
    with pytest.raises(OutboundFailed, match="cannot be found"):
        await fetch("http://no-such-host.invalid/")
