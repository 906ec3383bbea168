"""The one way out: HTTP to addresses that came from people, models or documents.

A name is resolved once, every address behind it must be public, and the connection goes to that very
address, so a name that changes its mind between check and use gains nothing. Redirects are followed by hand and
checked like the first address. Private hosts can be allowed by the setting OUTBOUND_ALLOWED_HOSTS.
"""

import asyncio
import ipaddress
import re
import socket
from asyncio import AbstractEventLoop
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from ssl import SSLContext
from typing import Any
from weakref import WeakKeyDictionary

import httpcore2
import httpx2
from django.conf import settings

from convergio.errors import InvalidInput, Unavailable

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MAX_REDIRECTS = 3
DNS_TIMEOUT_S = 5.0
AGENT = "Convergio/1"
_NUMERIC = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+))*\.?", re.IGNORECASE)
_HOST = re.compile(r"[^\s/?#@<>\x00-\x20%\\]+")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PRIVATE_HEADERS = frozenset({"authorization", "cookie", "x-api-key", "proxy-authorization"})


class OutboundRefused(InvalidInput):
    """That address may not be reached from here."""

    code = "outbound_refused"


class OutboundFailed(Unavailable):
    """The other side did not answer."""

    code = "outbound_failed"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `is_cut` tells that the body was longer than allowed and ends early."""

    status: int
    url: str
    headers: Mapping[str, str]
    content: bytes
    is_cut: bool

    @property
    def content_type(self) -> str:
        """The media type without its parameters, in lower case."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    @property
    def text(self) -> str:
        """The body as text, in the encoding that was declared, else UTF-8; never raises."""
        found = re.search(r"charset=\"?([\w.:-]+)", self.headers.get("content-type", ""))
        try:
            return self.content.decode(found.group(1) if found else "utf-8", errors="replace")
        except LookupError:
            return self.content.decode("utf-8", errors="replace")


def is_public(address: Address) -> bool:
    """Tell whether an address, and any IPv4 address wrapped in it, belongs to the public internet."""
    if not address.is_global or address.is_multicast or address.is_reserved or address.is_unspecified:
        return all(is_public(inner) for inner in _wrapped(address)) if _is_nat64(address) else False
    return all(is_public(inner) for inner in _wrapped(address))


def _is_nat64(address: Address) -> bool:
    return address.version == 6 and address in _NAT64


def _wrapped(address: Address) -> list[ipaddress.IPv4Address]:
    if not isinstance(address, ipaddress.IPv6Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if _is_nat64(address) or int(address) >> 32 == 0:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [inner for inner in found if inner is not None]


def allowed_privately(host: str, port: int) -> bool:
    """Tell whether the settings name this host (with or without its port) as one that may be private."""
    host = host.lower().strip("[]")
    bracketed = f"[{host}]" if ":" in host else host
    wanted = {host, bracketed, f"{bracketed}:{port}"}
    return any(entry.lower() in wanted for entry in settings.OUTBOUND_ALLOWED_HOSTS)


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.split("%", maxsplit=1)[0])
    except ValueError:
        return None


async def addresses_of(host: str, port: int) -> list[str]:
    """Return the addresses that may be connected to for a host. Raises OutboundRefused or OutboundFailed."""
    host = host.strip("[]").rstrip(".")
    literal = _literal(host)
    if literal is None and _NUMERIC.fullmatch(host):
        raise OutboundRefused(f"“{host}” is an unusual way to write an address; write the host's name.")
    found = [literal] if literal else await _resolve(host, port)
    if not allowed_privately(host, port) and not all(is_public(address) for address in found):
        raise OutboundRefused(
            f"“{host}” lies in a private network, which may not be reached from here. "
            "An administrator can allow it in the setting OUTBOUND_ALLOWED_HOSTS."
        )
    return [str(address) for address in found]


async def _resolve(host: str, port: int) -> list[Address]:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(DNS_TIMEOUT_S):
            answers = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise OutboundFailed(f"The host “{host}” cannot be found.") from error
    return [ipaddress.ip_address(str(answer[4][0]).split("%")[0]) for answer in answers]


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Connects to checked addresses only; the name still serves TLS and the Host header."""

    def __init__(self) -> None:
        self._plain = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature belongs to httpcore
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to the first address that answers."""
        failure: Exception | None = None
        for address in (await addresses_of(host, port))[:4]:
            try:
                return await self._plain.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore2.ConnectError(f"{host} has no address")

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature belongs to httpcore
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Refuse: sockets are always private."""
        raise OutboundRefused("Local sockets may not be reached from here.")

    async def sleep(self, seconds: float) -> None:
        """Wait, between the tries of the pool."""
        await asyncio.sleep(seconds)


@cache
def _tls() -> SSLContext:
    return httpx2.create_ssl_context()


def guarded_transport() -> httpx2.AsyncHTTPTransport:
    """Return a transport whose every connection is checked; no proxy, which would hide the address."""
    transport = httpx2.AsyncHTTPTransport(verify=_tls())
    transport._pool = httpcore2.AsyncConnectionPool(
        ssl_context=_tls(),
        max_connections=200,
        max_keepalive_connections=20,
        keepalive_expiry=5.0,
        network_backend=GuardedBackend(),
    )
    return transport


_clients: WeakKeyDictionary[AbstractEventLoop, httpx2.AsyncClient] = WeakKeyDictionary()


def _client() -> httpx2.AsyncClient:
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        _clients[loop] = httpx2.AsyncClient(transport=guarded_transport(), trust_env=False, timeout=15)
    return _clients[loop]


def checked_url(url: str) -> httpx2.URL:
    """Return an address that may be asked for. Raises OutboundRefused, with the reason."""
    try:
        parsed = httpx2.URL(url.strip())
    except (httpx2.InvalidURL, ValueError, TypeError) as error:
        raise OutboundRefused(f"“{url[:200]}” is not a web address.") from error
    if parsed.scheme not in ("http", "https"):
        raise OutboundRefused(f"Only http and https can be fetched, not “{parsed.scheme or url[:50]}”.")
    if not _HOST.fullmatch(parsed.host) or not 0 < (parsed.port or 80) < 65_536:
        raise OutboundRefused(f"“{url[:200]}” names no host that can be asked.")
    if parsed.userinfo:
        raise OutboundRefused("An address with a user name in it cannot be fetched.")
    return parsed


async def fetch(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    content: bytes | None = None,
    timeout_s: float = 20.0,
    max_bytes: int = 2_000_000,
) -> Answer:
    """Return what an address answers, after at most three redirects.

    Raises OutboundRefused for an address that may not be reached and OutboundFailed when nothing usable came
    back in `timeout_s` seconds. A body longer than `max_bytes` is cut, and the answer says so.
    """
    target = checked_url(url)
    try:
        async with asyncio.timeout(timeout_s):
            return await _follow(target, method.upper(), dict(headers or {}), content, max_bytes)
    except TimeoutError as error:
        raise OutboundFailed(f"{target.host} did not answer within {timeout_s:g} seconds.") from error
    except httpx2.HTTPError as error:
        raise OutboundFailed(f"{target.host} could not be reached: {_why(error)}.") from error


def _why(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__


async def _follow(
    url: httpx2.URL, method: str, headers: dict[str, str], content: bytes | None, max_bytes: int
) -> Answer:
    for _ in range(MAX_REDIRECTS + 1):
        answer = await _ask(url, method, headers, content, max_bytes)
        onward = answer.headers.get("location") if answer.status in _REDIRECTS else None
        if not onward:
            return answer
        target = _onward(url, onward)
        if (target.scheme, target.host, target.port) != (url.scheme, url.host, url.port):
            headers = {name: value for name, value in headers.items() if name.lower() not in _PRIVATE_HEADERS}
        if answer.status == 303 or (answer.status in (301, 302) and method == "POST"):
            method, content = "GET", None
        url = target
    raise OutboundFailed(f"{url.host} sends the caller on more than {MAX_REDIRECTS} times.")


def _onward(url: httpx2.URL, location: str) -> httpx2.URL:
    try:
        return checked_url(str(url.join(location)))
    except (httpx2.InvalidURL, ValueError) as error:
        raise OutboundRefused(f"{url.host} sends the caller on to what is no web address.") from error


async def _ask(
    url: httpx2.URL, method: str, headers: dict[str, str], content: bytes | None, max_bytes: int
) -> Answer:
    sent = {"user-agent": AGENT, "accept-encoding": "identity"}
    sent |= {name.lower(): value for name, value in headers.items()}
    async with _client().stream(method, url, headers=sent, content=content) as response:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > max_bytes:
                break
        seen = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, str(url), seen, bytes(body[:max_bytes]), len(body) > max_bytes)
