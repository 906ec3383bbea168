"""WebSocket addresses."""

from typing import Any

from django.urls import path

from executions.consumers import LiveConsumer

websocket_urlpatterns: list[Any] = [path("live/", LiveConsumer.as_asgi())]
