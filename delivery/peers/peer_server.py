"""Accepts links from other instances, which subscribe their sockets over these links."""

import asyncio
import itertools
import logging
from collections.abc import Coroutine
from typing import Any

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from delivery.core.ownership import NO_GENERATION
from delivery.core.subscription_set import Digest
from delivery.peers.credentials import Credentials
from delivery.peers.dial import PATH
from delivery.peers.frames import MalformedFrameError, encode
from delivery.peers.handshake import HandshakeError
from delivery.peers.messages import BeatMessage
from delivery.peers.peer_link import BEAT_SECONDS, SILENCE_SECONDS
from delivery.peers.peer_session import PeerSession
from delivery.peers.peer_watch import PeerWatch
from delivery.peers.reader import FrameReader, LinkEndedError
from delivery.peers.sender import SlowPeerError
from delivery.push.owner import Owner
from delivery.push.routes import Routes
from delivery.push.subscribers import Subscribers
from delivery.sockets.wire import Wire
from delivery.sockets.wire_protocol import EXTENSION

_log = logging.getLogger(__name__)

_HANDSHAKE_SECONDS = 3.0
#: Shows the peer that the link is alive, before its session begins.
_BEAT = encode(BeatMessage(NO_GENERATION, Digest(0, 0)))
#: The codes with which this instance closes a WebSocket.
_NORMAL, _MALFORMED, _NOT_A_PEER, _REPLACED = 1000, 1002, 4401, 4409
#: The maximum length of a close reason, from RFC 6455.
_REASON_BYTES = 123


class PeerServer:
    """Owns the links that peers have dialled, at most one from each process.

    A later link from the same process replaces the earlier ones, which must be dead even if this
    instance has not noticed yet.
    """

    def __init__(
        self,
        credentials: Credentials,
        owner: Owner,
        subscribers: Subscribers,
        routes: Routes,
        watch: PeerWatch,
    ) -> None:
        self._credentials = credentials
        self._owner = owner
        self._subscribers = subscribers
        self._routes = routes
        self._watch = watch
        self._numbers = itertools.count()
        self._serving: dict[str, asyncio.Task[None]] = {}
        #: The number of the newest link of each process.
        self._newest: dict[str, int] = {}
        self.route = WebSocketRoute(PATH, self._accept)

    async def _accept(self, socket: WebSocket) -> None:
        await socket.accept()
        try:
            async with asyncio.timeout(_HANDSHAKE_SECONDS):
                peer = await self._credentials.accept(socket.send_text, socket.receive_text)
        except (HandshakeError, TimeoutError, WebSocketDisconnect, KeyError) as error:
            # Starlette raises `KeyError` if it receives bytes instead of text.
            _log.warning("peer link refused", extra={"cause": repr(error)})
            await _close(socket, _NOT_A_PEER, "not a peer of this instance")
            return
        # Take the wire before anything is awaited, or the peer's first frames would go to ASGI.
        reader = FrameReader()
        wire: Wire = socket.scope["extensions"][EXTENSION].take(reader)
        wire.pause_reading()
        number = self._newest[peer.instance] = next(self._numbers)
        try:
            await self._end_earlier(peer.instance, number, wire)
            if self._newest.get(peer.instance) != number or wire.has_ended:
                await _close(socket, _REPLACED, "replaced by a newer link")
                return
            name = f"{peer.address}#{number}"
            task = asyncio.create_task(self._serve(socket, wire, reader, peer.address, name))
            await self._until_ended(peer.instance, task)
        finally:
            if self._newest.get(peer.instance) == number:
                del self._newest[peer.instance]
        if not task.cancelled():
            task.result()  # Raises if a bug ended the task. Uvicorn logs the error.

    async def _until_ended(self, instance: str, task: asyncio.Task[None]) -> None:
        self._serving[instance] = task
        try:
            await asyncio.wait((task,))
        finally:
            task.cancel()
            await asyncio.wait((task,))
            if self._serving.get(instance) is task:
                del self._serving[instance]

    async def _end_earlier(self, instance: str, number: int, wire: Wire) -> None:
        """End the subscriptions of the earlier link, before this one subscribes the same sockets.

        Stops if a still newer link arrives, because that one must stay. Sends beats while it waits,
        because ending many subscriptions takes long: without beats, the peer would take this link
        for dead, and dial again.
        """
        while self._newest.get(instance) == number and (earlier := self._serving.get(instance)):
            earlier.cancel()
            while not earlier.done():
                await asyncio.wait((earlier,), timeout=BEAT_SECONDS)
                wire.send(_BEAT, is_text=False)
            if self._serving.get(instance) is earlier:
                del self._serving[instance]

    async def _serve(
        self, socket: WebSocket, wire: Wire, reader: FrameReader, address: str, name: str
    ) -> None:
        session = PeerSession(name, self._owner, self._subscribers, self._watch, address)
        self._routes.open(name, session, address)
        session.introduce()
        ignore = self._watch.listen(session.introduce)
        _log.info("peer link accepted", extra={"peer": address})
        code, cause = _REPLACED, "replaced by a newer link"
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(session.sender.run(wire))
                group.create_task(reader.run(wire, session.handle_now, session.handle))
                group.create_task(reader.watch(SILENCE_SECONDS))
                group.create_task(_beat(session))
        except* (LinkEndedError, TimeoutError, SlowPeerError) as errors:
            code, cause = _NORMAL, repr(errors.exceptions[0])
        except* MalformedFrameError as errors:
            code, cause = _MALFORMED, repr(errors.exceptions[0])
        finally:
            ignore()
            # Close the route first, so that nothing is pushed to this dead link while its
            # subscriptions end one by one.
            self._routes.close(name)
            await _in_full(session.end())
            _log.warning("peer link ended", extra={"peer": address, "cause": cause})
            await _close(socket, code, cause)


async def _beat(session: PeerSession) -> None:
    # Answering the peer's beats is not enough: a beat waits behind the subscriptions that came
    # before it. Handling thousands of these may take longer than the peer waits for a sign of life.
    while True:
        await asyncio.sleep(BEAT_SECONDS)
        session.beat()


async def _in_full(work: Coroutine[Any, Any, None]) -> None:
    """Await the work to its end. Raises a cancellation of the caller only after that."""
    task = asyncio.create_task(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait((task,))
        raise


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    try:
        async with asyncio.timeout(_HANDSHAKE_SECONDS):
            await socket.close(code, reason.encode()[:_REASON_BYTES].decode(errors="ignore"))
    except (RuntimeError, OSError, TimeoutError, WebSocketDisconnect):
        # The other side has closed the link already. Starlette then raises `RuntimeError`.
        return
