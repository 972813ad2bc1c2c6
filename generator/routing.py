"""Addresses of the generator's sockets."""

from typing import Any

websocket_urlpatterns: list[Any] = []
