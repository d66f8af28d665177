"""Upgrades a session that polls to a WebSocket, which python-engineio serves from then on."""

import asyncio
from typing import Any

from engineio.async_drivers.asgi import WebSocket
from engineio.async_socket import AsyncSocket

from delivery import metrics
from delivery.sockets.client import Client, cost_of, is_from_a_client
from delivery.sockets.wire_protocol import EXTENSION

#: A client that upgrades sends these two packets. Until it has sent both, its polls return at once,
#: so they must come soon.
_HANDSHAKE = ("2probe", "5")
_HANDSHAKE_SECONDS = 5.0


class UpgradedWebSocket(WebSocket):  # type: ignore[misc] # python-engineio has no types
    """A WebSocket of python-engineio that lets through only what a client may send.

    Python-engineio leaves a session half upgraded if its client breaks off, and raises an exception
    for a malformed packet.
    """

    def __init__(self, handler: Any, server: Any, client: Client) -> None:
        super().__init__(handler, server)
        self._client = client
        self._socket: AsyncSocket = handler.__self__

    async def __call__(self, environ: dict[str, Any]) -> object:
        """Serve the session over this WebSocket. Returns when the WebSocket has ended."""
        environ["asgi.scope"]["extensions"][EXTENSION].charge = self._client.charge
        try:
            return await super().__call__(environ)
        finally:
            self._socket.upgrading = False

    async def wait(self) -> str:
        """Return the next packet. Raises `OSError` after an invalid packet, or at the end."""
        seconds = None if self._socket.upgraded else _HANDSHAKE_SECONDS
        async with asyncio.timeout(seconds):
            text = await super().wait()
        if self._socket.closed or self._socket.closing:
            raise OSError("the session has ended")
        if not (isinstance(text, str) and self._is_allowed(text)):
            metrics.MALFORMED_PACKETS.inc()
            raise OSError("the packet is malformed")
        self._client.charge(len(text), cost_of(text))
        if self._client.has_flooded:
            raise OSError("the client sends too much")
        return text

    def _is_allowed(self, text: str) -> bool:
        if self._socket.upgraded:
            return is_from_a_client(text)
        return text in _HANDSHAKE
