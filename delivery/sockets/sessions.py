"""The session of each socket: connecting with a token, renewing the token, disconnecting."""

import asyncio
import time
from dataclasses import dataclass
from functools import partial
from typing import Any

from socketio.exceptions import ConnectionRefusedError as RefusedError

from delivery import metrics
from delivery.core.decision_types import Fault
from delivery.sockets.admissions import Admissions
from delivery.sockets.client import Client
from delivery.sockets.edge_map import EdgeMap
from delivery.sockets.edge_subscriptions import EdgeSubscriptions
from delivery.sockets.ended_event import SESSIONS_ENDED
from delivery.sockets.outgoing import room_of
from delivery.sockets.parts import SocketParts
from producer_api.contract.revocations import Revocations
from producer_api.contract.token_errors import (
    RefusalCode,
    TokenRefusedError,
    TokenUndecidedError,
)
from producer_api.contract.token_times import LEEWAY_SECONDS
from producer_api.contract.token_verifier import Identity, TokenVerifier

#: How long a user who has connected too often waits for the refusal.
_PAUSE_SECONDS = 1.0


@dataclass(slots=True)
class _Session:
    user: str
    client: Client
    issued_at: float | None
    expiry: asyncio.TimerHandle
    is_crowded_out: bool = False
    """Whether the session is about to end, because the user has too many connections, and this one
    is among the oldest."""


class ClosedError(Exception):
    """This instance does not let in clients now; the message says why."""


class Sessions:
    """Owns the sessions of this instance's sockets, by socket id.

    A session begins when its token is verified. The socket is subscribed once the connection
    is confirmed to the client. The session ends with the socket, or when the token expires.
    """

    def __init__(
        self,
        sockets: SocketParts,
        verifier: TokenVerifier,
        revocations: Revocations,
        edge_map: EdgeMap,
        subscriptions: EdgeSubscriptions,
        max_connections: int,
    ) -> None:
        self._server = server = sockets.server
        self._connections = sockets.connections
        self._clients = sockets.clients
        self._verifier = verifier
        self._revocations = revocations
        self._map = edge_map
        self._subscriptions = subscriptions
        self._outgoing = sockets.outgoing
        self._max_connections = max_connections
        self._admissions = Admissions(max_connections)
        self._is_open = True
        self._sessions: dict[str, _Session] = {}
        revocations.watch(self._end_older)
        server.on("connect", self._connect)
        server.on("disconnect", self._disconnect)
        server.on("auth", self._renew)
        server.on("check", self._check)

    def is_open(self) -> bool:
        """Return whether this instance lets in clients: it has a map and is not stopping.

        It must also know whose sessions were ended.
        """
        is_started = bool(self._map.ownership.owners) and self._revocations.are_known
        return self._is_open and is_started

    def __len__(self) -> int:
        return len(self._sessions)

    @property
    def is_closed(self) -> bool:
        """Whether this instance lets in no more clients, because the process is stopping."""
        return not self._is_open

    async def check(self) -> None:
        """Check, for readiness, that this instance lets in clients. Raises `ClosedError` if not."""
        if not self.is_open():
            raise ClosedError("starting or stopping")

    def close(self) -> None:
        """Let in no more clients, because the process is stopping."""
        self._is_open = False

    async def _connect(self, sid: str, environ: dict[str, Any], auth: object = None) -> None:
        try:
            identity = await self._verify(auth)
        except (TokenRefusedError, TokenUndecidedError) as error:
            raise _refusal(str(error), error.code) from error
        user = identity.subject
        if not self._admissions.admit(user):
            metrics.CONNECTS_REFUSED.inc()
            # An answer at once would only let the client begin the next attempt sooner.
            await asyncio.sleep(_PAUSE_SECONDS)
            message = "this user has connected too often, try again later"
            raise _refusal(message, RefusalCode.TOO_MANY_CONNECTS)
        # Check after the awaits, because the process may have started to stop meanwhile.
        if not self.is_open():
            message = "the service is starting or stopping, try again"
            raise _refusal(message, RefusalCode.UNAVAILABLE)
        expiry = self._expire_later(sid, identity)
        self._sessions[sid] = _Session(user, Client.of(environ), identity.issued_at, expiry)
        await self._server.enter_room(sid, room_of(user))
        metrics.CONNECTIONS.inc()
        self._connections.when_connected(sid, partial(self._joined, sid))

    def _joined(self, sid: str) -> None:
        session = self._sessions.get(sid)
        if session is None:
            return
        if session.client.has_ended or self._revocations.refuses(session.user, session.issued_at):
            # Either a client that polls has ended its session while its token was verified:
            # python-socketio then never reports the end of this connection. Or the user's sessions
            # were ended before this connection was confirmed: python-socketio could not disconnect
            # the client then.
            self._outgoing.disconnect(sid)
        else:
            session.client.occupied()
            self._clients.add(sid, session.client)
            self._subscriptions.joined(sid, session.user, session.client.end)
            self._end_oldest(session.user)

    def _end_oldest(self, user: str) -> None:
        """End the user's oldest connections here, if the user has too many of them here.

        The owner does the same for the connections at all instances, while it can be reached.
        """
        sids = [sid for sid, _ in self._connections.get_participants("/", room_of(user))]
        for sid in sids[: -self._max_connections]:
            session = self._sessions.get(sid)
            if session is not None and not session.is_crowded_out:
                session.is_crowded_out = True
                self._outgoing.disconnect(sid, Fault.CROWDED)

    def _disconnect(self, sid: str, _reason: str) -> None:
        session = self._sessions.pop(sid, None)
        if session is None:
            return
        session.expiry.cancel()
        if session.client.has_flooded:
            self._admissions.flooded(session.user)
        self._clients.remove(sid)
        session.client.vacated()
        metrics.CONNECTIONS.dec()
        self._subscriptions.left(sid)

    async def _renew(self, sid: str, auth: object = None, *_ignored: object) -> dict[str, Any]:
        try:
            identity = await self._verify(auth)
        except (TokenRefusedError, TokenUndecidedError) as error:
            return _not_renewed(str(error), error.code)
        # Look this up after the await, because the socket may have closed meanwhile.
        session = self._sessions.get(sid)
        if session is None:
            return _not_renewed("the connection has ended", RefusalCode.UNAVAILABLE)
        if identity.subject != session.user:
            return _not_renewed("the token is another user's", RefusalCode.OTHER_USER)
        session.expiry.cancel()
        session.expiry = self._expire_later(sid, identity)
        session.issued_at = identity.issued_at
        return {"ok": True}

    async def _check(self, sid: str, *_ignored: object) -> dict[str, Any]:
        """Tell a client that its connection is open, and how long its token lasts.

        A client's own clock may be wrong, so the client cannot compute this from its token.
        """
        session = self._sessions.get(sid)
        if session is None:
            return {"ok": False}
        left = session.expiry.when() - asyncio.get_running_loop().time() - LEEWAY_SECONDS
        return {"ok": True, "expires_in": round(left, 3)}

    async def _verify(self, auth: object) -> Identity:
        token = auth.get("token") if isinstance(auth, dict) else None
        if not isinstance(token, str):
            message = "a token is needed: connect with auth {token}"
            raise TokenRefusedError(message, RefusalCode.MISSING)
        identity = await self._verifier.verify(token)
        # After this check, the callers register the session without letting other tasks run. So no
        # session is missed if the user's sessions are ended.
        self._revocations.check(identity)
        return identity

    def _end_older(self, user: str) -> None:
        """End the sockets whose tokens are refused now, because the user's sessions were ended.

        The clients are told why, so that they do not connect again with their old tokens.
        """
        for sid, _ in list(self._server.manager.get_participants("/", room_of(user))):
            session = self._sessions.get(sid)
            if session is not None and self._revocations.refuses(user, session.issued_at):
                self._outgoing.disconnect(sid, SESSIONS_ENDED)

    def _expire_later(self, sid: str, identity: Identity) -> asyncio.TimerHandle:
        seconds = max(0.0, identity.accepted_until - time.time())
        return asyncio.get_running_loop().call_later(seconds, self._outgoing.disconnect, sid)


def _refusal(message: str, code: RefusalCode) -> RefusedError:
    """Return the error that python-socketio sends as a `connect_error` with this message."""
    return RefusedError(message, {"code": code.value, "retryable": code.is_retryable})


def _not_renewed(message: str, code: RefusalCode) -> dict[str, Any]:
    return {"ok": False, "error": message, "code": code.value, "retryable": code.is_retryable}
