"""One address in front of all delivery instances: a small reverse proxy for WebSockets."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocket
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidStatus
from websockets.typing import Origin

from deploy.local.pump import pump
from deploy.local.spread import Spread

_log = logging.getLogger(__name__)

MAX_MESSAGE_BYTES = 4 * 1024 * 1024
"""Well above what delivery sends or takes: its own limits shall be the ones that are met."""

# All attempts together stay below the 10 s that a client waits for its connection.
_CONNECT_SECONDS = 1.5
_CONNECT_SECONDS_IN_ALL = 6.0
_CLOSE_SECONDS = 1.0
_QUEUED_FRAMES = 4
_SERVER_ERRORS = 500
_UNAVAILABLE = 503


class Proxy:
    """Gives each connection to one instance; owns the count of how many each has."""

    def __init__(self, instances: Callable[[], Sequence[str]]) -> None:
        self._instances = instances
        self._spread = Spread()

    async def serve(self, client: WebSocket) -> None:
        """Hand a client on to an instance that answers, until the connection ends.

        Where none does, the handshake is refused with 503: after a handshake, socket.io's client
        takes a close for nothing until the server's first packet, and waits for its time-out.
        """
        untried = list(self._instances())
        deadline = _now() + _CONNECT_SECONDS_IN_ALL
        while untried and _now() < deadline:
            url = self._spread.choose(untried, _now())
            untried.remove(url)
            with self._spread.counted(url):
                if await self._hand_on(client, url):
                    return
        await client.send_denial_response(
            PlainTextResponse("no delivery instance answers", _UNAVAILABLE, {"Retry-After": "1"})
        )

    async def _hand_on(self, client: WebSocket, url: str) -> bool:
        """Whether this instance answers; if so, until the connection ends."""
        try:
            instance = await _reach(url, client)
        except (InvalidHandshake, OSError) as error:  # a time-out is an OSError too
            if isinstance(error, InvalidStatus) and error.response.status_code < _SERVER_ERRORS:
                await client.close()  # before it is accepted, this answers 403, as delivery does
                return True
            self._spread.spare(url, _now())
            _log.warning("%s does not answer: %s", url, error)
            return False
        try:
            await client.accept()
            await pump(client, instance)
        finally:
            instance.transport.abort()  # means nothing to one that was closed in order
        if instance.protocol.close_rcvd_then_sent is not False:
            self._spread.spare(url, _now())  # whom it sent away shall not come straight back
        return True


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _reach(url: str, client: WebSocket) -> ClientConnection:
    origin = client.headers.get("origin")
    return await connect(
        f"{url.replace('http', 'ws', 1)}{client.url.path}?{client.url.query}",
        origin=None if origin is None else Origin(origin),
        additional_headers={"X-Forwarded-For": _forwarded_for(client)},
        user_agent_header=client.headers.get("user-agent"),
        compression=None,
        proxy=None,
        open_timeout=_CONNECT_SECONDS,
        close_timeout=_CLOSE_SECONDS,
        ping_interval=None,  # Socket.IO's own heartbeats go from end to end
        max_size=MAX_MESSAGE_BYTES,
        max_queue=_QUEUED_FRAMES,
    )


def _forwarded_for(client: WebSocket) -> str:
    hops = client.headers.getlist("x-forwarded-for")
    return ", ".join([*hops, client.client.host if client.client else "unknown"])
