"""Lets other instances in: their sockets are subscribed here, and are pushed to."""

import asyncio
import itertools
import logging

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from delivery.peers.credentials import Credentials
from delivery.peers.frames import MalformedFrameError, decode
from delivery.peers.handshake import HandshakeError
from delivery.peers.peer_link import PATH, SILENCE_SECONDS
from delivery.peers.peer_session import PeerSession
from delivery.peers.sender import SlowPeerError
from delivery.push.owner import Owner
from delivery.push.routes import Routes
from delivery.push.subscribers import Subscribers

_log = logging.getLogger(__name__)

_HANDSHAKE_SECONDS = 3.0
_NO_PEER = 4401
_MALFORMED = 1002
_REPLACED = 4409
#: What WebSocket lets a close say.
_REASON_BYTES = 123


class PeerServer:
    """Owns the links that peers have dialled, one for each process at the other end.

    A second link from the same process means that the first is dead, and does not know yet.
    """

    def __init__(
        self, credentials: Credentials, owner: Owner, subscribers: Subscribers, routes: Routes
    ) -> None:
        self._credentials = credentials
        self._owner = owner
        self._subscribers = subscribers
        self._routes = routes
        self._numbers = itertools.count()
        self._serving: dict[str, asyncio.Task[None]] = {}
        self.route = WebSocketRoute(PATH, self._accept)

    async def _accept(self, socket: WebSocket) -> None:
        await socket.accept()
        try:
            async with asyncio.timeout(_HANDSHAKE_SECONDS):
                peer = await self._credentials.accept(socket.send_text, socket.receive_text)
        except (HandshakeError, TimeoutError, WebSocketDisconnect, KeyError) as error:
            # KeyError is Starlette's answer to bytes where text is due.
            _log.warning("peer link refused", extra={"cause": repr(error)})
            await _close(socket, _NO_PEER, "not a peer of this instance")
            return
        while earlier := self._serving.pop(peer.instance, None):  # another may come meanwhile
            earlier.cancel()
            await asyncio.wait((earlier,))
        serving = asyncio.create_task(self._serve(socket, peer.address))
        self._serving[peer.instance] = serving
        try:
            await asyncio.wait((serving,))
        finally:
            serving.cancel()
            await asyncio.wait((serving,))
            if self._serving.get(peer.instance) is serving:
                del self._serving[peer.instance]
        if not serving.cancelled():
            serving.result()  # a fault of ours is uvicorn's to log

    async def _serve(self, socket: WebSocket, address: str) -> None:
        name = f"{address}#{next(self._numbers)}"
        session = PeerSession(name, self._owner, self._subscribers)
        self._routes.open(name, session)
        _log.info("peer linked", extra={"peer": address})
        code, cause = _REPLACED, "replaced by a newer link"
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(session.sender.run(socket.send_bytes))
                tasks.create_task(_read(socket, session))
        except* (WebSocketDisconnect, OSError, TimeoutError, SlowPeerError) as group:
            code, cause = 1000, repr(group.exceptions[0])
        except* MalformedFrameError as group:
            code, cause = _MALFORMED, repr(group.exceptions[0])
        finally:
            self._routes.close(name)
            session.end()
            _log.warning("peer link ended", extra={"peer": address, "cause": cause})
            await _close(socket, code, cause)


async def _read(socket: WebSocket, session: PeerSession) -> None:
    while True:
        async with asyncio.timeout(SILENCE_SECONDS):
            frame = await _frame(socket)
        for message in decode(frame):
            session.hear(message)


async def _frame(socket: WebSocket) -> bytes:
    try:
        return await socket.receive_bytes()
    except KeyError as error:  # Starlette's answer to text where bytes are due
        raise MalformedFrameError("text, not bytes") from error


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    try:
        async with asyncio.timeout(_HANDSHAKE_SECONDS):
            await socket.close(code, reason.encode()[:_REASON_BYTES].decode(errors="ignore"))
    except (RuntimeError, OSError, TimeoutError, WebSocketDisconnect):
        # Closed by the other side already, which Starlette takes for a mistake of ours.
        return
