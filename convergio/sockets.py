"""WebSocket addresses, and from which pages they may be opened."""

from typing import Any
from urllib.parse import urlparse

from channels.security.websocket import AllowedHostsOriginValidator, WebsocketDenier
from django.urls import path

from executions.consumers import LiveConsumer

websocket_urlpatterns: list[Any] = [path("live/", LiveConsumer.as_asgi())]


class OwnPagesOnly:
    """Lets in sockets of our own pages; an origin that cannot even be read is none of them."""

    def __init__(self, inner: Any) -> None:
        self.validated = AllowedHostsOriginValidator(inner)
        self.denied = WebsocketDenier()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        """Pass on what may be looked at."""
        origins = [value for name, value in scope["headers"] if name == b"origin"]
        may = len(origins) < 2 and all(_is_readable(value) for value in origins)
        return await (self.validated if may else self.denied)(scope, receive, send)


def _is_readable(origin: bytes) -> bool:
    try:
        return urlparse(origin.decode("latin1")).port != 0
    except ValueError:
        return False
