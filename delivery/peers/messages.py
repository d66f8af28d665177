"""The messages that two instances exchange over a link.

Most are encoded as they are declared: a JSON array of the letter and the fields, in this order. A
message that carries JSON bytes is a named tuple, because its bytes stay outside the array
(`delivery.peers.frames`).
"""

from collections.abc import Sequence
from typing import Annotated, NamedTuple

from msgspec import Meta, Struct

from delivery.core.ownership import Ownership
from delivery.core.subscription_set import Digest, Subscription

#: Bounded, so that a peer cannot send a number of a million digits.
_Number = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]


class _Message(Struct, frozen=True, array_like=True):
    """Fields may be added at the end of a message: a reader ignores those it does not know."""


class StateMessage(_Message, frozen=True, tag="S"):
    """Edge to owner: all subscriptions of this link, in parts; the last has `more` unset."""

    generation: _Number
    subscriptions: Sequence[Subscription]
    more: bool


class SubscribeMessage(_Message, frozen=True, tag="s"):
    """Edge to owner: subscribe these sockets as well."""

    generation: _Number
    subscriptions: Sequence[Subscription]


class UnsubscribeMessage(_Message, frozen=True, tag="u"):
    """Edge to owner: these sockets are gone."""

    sockets: Sequence[str]


class AckedMessage(_Message, frozen=True, tag="a"):
    """Edge to owner: the socket has acknowledged the push of this number."""

    socket: str
    number: _Number


class BeatMessage(_Message, frozen=True, tag="b"):
    """Both ways, every second: the link is alive, and this is the digest of its subscriptions."""

    generation: _Number
    digest: Digest


class RestateMessage(_Message, frozen=True, tag="n"):
    """Owner to edge: the digest in your beat differs from mine; state all subscriptions."""


class EndedMessage(_Message, frozen=True, tag="e"):
    """Owner to edge: these sockets are unsubscribed, and I have all their acks."""

    sockets: Sequence[str]


class DisconnectMessage(_Message, frozen=True, tag="d"):
    """Owner to edge: end the socket."""

    socket: str


class RefusedMessage(_Message, frozen=True, tag="r"):
    """Owner to edge: I do not own the partitions of these sockets; this is my map."""

    sockets: Sequence[str]
    ownership: Ownership


class PushMessage(NamedTuple):
    """Owner to edge: send these notifications to the socket, except those on their way to it."""

    number: int
    socket: str
    again: bool
    ids: Sequence[str]
    values: Sequence[bytes]


class InboxEventMessage(NamedTuple):
    """Owner to edge: emit this `inbox` event to all sockets of the user there."""

    user: str
    payload: bytes


WholeMessage = (
    StateMessage
    | SubscribeMessage
    | UnsubscribeMessage
    | AckedMessage
    | BeatMessage
    | RestateMessage
    | EndedMessage
    | DisconnectMessage
    | RefusedMessage
)
Message = WholeMessage | PushMessage | InboxEventMessage
