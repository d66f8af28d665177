"""One shopper's Engine.IO session, over either transport, as the rest of the edge sees it."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from delivery import metrics
from delivery.core.token_bucket import TokenBucket
from delivery.sockets.ended_event import TOO_MANY_PACKETS, ended_event

#: A session without a Socket.IO connection ends after this time.
_GRACE_SECONDS = 10.0
#: The owner ends a client with 400 outstanding pushes, so even a client that is busy for a while
#: stays below this limit.
_MAX_UNANSWERED_PUSHES = 500
#: The Engine.IO type of a message, then the Socket.IO type of an event (protocol versions 4 and 5).
_EVENT = b"42"
#: The packet that ends a Socket.IO connection. After it, a client does not connect again by itself.
_DISCONNECT = b"41"
#: A client may send as much at once as its rate allows in this time.
_BURST_SECONDS = 4
#: A longer packet counts as several packets.
_BYTES_PER_PACKET = 2048
#: A connect packet counts as this many, because it needs a token check and a subscription.
_CONNECT, _CONNECT_COST = ("40", b"40"), 20
_KEY = "delivery.client"
#: The Engine.IO type of a message, and the other packets that a client may send (version 4).
_MESSAGE = "4"
CLOSE, PONG = "1", "3"


class Client(ABC):
    """Owns the pushes that the client has not acknowledged, and two limits: grace and budget.

    Without the grace period, a session would stay open if its client never asks to connect, if the
    server refuses the client, or if the client ignores a disconnect.

    Without the budget, a few clients that never stop sending would slow down all others. An ack of
    a push costs nothing, because this instance decides how many pushes there are.
    """

    def __init__(self, packets_per_second: float) -> None:
        now, burst = asyncio.get_running_loop().time(), packets_per_second * _BURST_SECONDS
        self._budget = TokenBucket(packets_per_second, burst, now)
        self.has_flooded = False
        """Whether the client was ended because it sent too much."""
        self._pushes: dict[int, Callable[[], None]] = {}
        self._last_id = 0
        self._grace_timer: asyncio.TimerHandle | None = None
        self.vacated()

    @staticmethod
    def of(environ: dict[str, Any]) -> "Client":
        """Return the client from the `environ` of a Socket.IO `connect` handler."""
        client: Client = environ[_KEY]
        return client

    def put_into(self, environ: dict[str, Any]) -> None:
        """Let `Client.of` find this client."""
        environ[_KEY] = self

    def push(self, event: bytes, acked: Callable[[], None]) -> None:
        """Send an event, given as a JSON array; call `acked` when it is acknowledged, even late."""
        self._last_id = ack_id = self._last_id + 1
        self._pushes[ack_id] = acked
        if len(self._pushes) > _MAX_UNANSWERED_PUSHES:
            # Drop the oldest push: a client that skips acks must not make the table grow. The core
            # has given up that push, or has repeated it, long ago.
            del self._pushes[next(iter(self._pushes))]
        self.send(b"%b%d%b" % (_EVENT, ack_id, event))

    def emit(self, event: bytes) -> None:
        """Send an event that needs no ack, given as a JSON array."""
        self.send(_EVENT + event)

    def acknowledge(self, ack_id: int) -> bool:
        """Handle the client's ack, and return whether a push awaited it."""
        acked = self._pushes.pop(ack_id, None)
        if acked is None:
            metrics.UNKNOWN_ACKS.inc()
            self.charge(0)
            return False
        acked()
        return True

    def charge(self, size: int, packets: float = 1) -> None:
        """Count what the client has sent: bytes and packets. Expels a client that sent too much."""
        if self._budget.take(packets + size // _BYTES_PER_PACKET) or self.has_flooded:
            return
        if not self._budget.refill(asyncio.get_running_loop().time()):
            self.has_flooded = True
            metrics.DISCONNECTS.labels(TOO_MANY_PACKETS).inc()
            self.emit(ended_event(TOO_MANY_PACKETS))
            self.send(_DISCONNECT)
            self.expel()

    def refund(self, packets: int = 1) -> None:
        """Give back what was charged for packets that turned out to be acks of pushes."""
        self._budget.give_back(packets)

    def occupied(self) -> None:
        """Keep the session open, because a Socket.IO connection exists in it."""
        self._cancel_grace()

    def vacated(self) -> None:
        """End the session after a grace period, unless it gets a Socket.IO connection."""
        self._cancel_grace()
        loop = asyncio.get_running_loop()
        self._grace_timer = loop.call_later(_GRACE_SECONDS, self.end)

    def forget(self) -> None:
        """Drop the pushes and the timer of the session, which has ended."""
        self._cancel_grace()
        self._pushes.clear()

    @property
    @abstractmethod
    def has_ended(self) -> bool:
        """Whether the session has ended, so that a Socket.IO connection in it is of no use."""

    @abstractmethod
    def send(self, packet: bytes) -> None:
        """Send an Engine.IO packet, in the order of the calls."""

    @abstractmethod
    def end(self) -> None:
        """End the session as if the connection had broken, so that the client connects again."""

    @abstractmethod
    def expel(self) -> None:
        """End the session of a client that floods us, and read nothing more from it."""

    def _cancel_grace(self) -> None:
        if self._grace_timer is not None:
            self._grace_timer.cancel()
            self._grace_timer = None


def is_message(text: str) -> bool:
    """Return whether an Engine.IO packet has a Socket.IO packet in it, which may be malformed.

    Python-engineio would parse any other message as JSON, so such messages are refused.
    """
    return text[:1] == _MESSAGE and text[1:2].isdecimal()


def cost_of(text: str | bytes) -> int:
    """Return how many packets this one counts as; its length is charged as well."""
    return _CONNECT_COST if text[:2] in _CONNECT else 1


def is_from_a_client(text: str) -> bool:
    """Return whether a client may send this Engine.IO packet once its session is open."""
    return text in (CLOSE, PONG) or is_message(text)
