"""The messages that two instances exchange over a link.

Most are encoded as a JSON array of their letter and their fields, in the order of declaration. A
message that carries JSON bytes is a named tuple, because these bytes stay outside the array. See
`delivery.peers.frames`.
"""

from collections.abc import Sequence
from typing import Annotated, NamedTuple

from msgspec import Meta, Struct

from delivery.core.ownership import Ownership
from delivery.core.subscription_set import Digest, Subscription

#: Bounded, so that a peer cannot send a number of a million digits.
_Number = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]


class _Message(Struct, frozen=True, array_like=True):
    """A later version may add fields at the end, because readers ignore additional fields."""


class SnapshotMessage(_Message, frozen=True, tag="S"):
    """Edge to owner: a snapshot of all subscriptions of this link. `more`: another part follows."""

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
    """Edge to owner: the socket has acknowledged the push with this number."""

    socket: str
    number: _Number


class BeatMessage(_Message, frozen=True, tag="b"):
    """Both ways, every second: the link is alive, and this is the digest of its subscriptions."""

    generation: _Number
    digest: Digest


class MemberMessage(_Message, frozen=True, tag="m"):
    """Owner to edge: my member id in the consumer group, and the owners that I find gone.

    Sent first, and at each change.
    """

    member: str
    gone: Sequence[str]


class SnapshotRequestMessage(_Message, frozen=True, tag="n"):
    """Owner to edge: the digest in your beat differs from mine. Send all subscriptions again."""


class EndedMessage(_Message, frozen=True, tag="e"):
    """Owner to edge: these sockets are unsubscribed, and I have all their acks."""

    sockets: Sequence[str]


class DisconnectMessage(_Message, frozen=True, tag="d"):
    """Owner to edge: end the socket. `fault` is one of `Fault`; an older owner sends none."""

    socket: str
    fault: str = ""


class RefusedMessage(_Message, frozen=True, tag="r"):
    """Owner to edge: I do not own the partitions of these sockets. This is my map."""

    sockets: Sequence[str]
    ownership: Ownership


class PushMessage(NamedTuple):
    """Owner to edge: push these notifications to the socket.

    Unless `again` is set, the edge leaves out those that are on their way to the socket already.
    """

    number: int
    socket: str
    again: bool
    ids: Sequence[str]
    values: Sequence[bytes]


class InboxEventMessage(NamedTuple):
    """Owner to edge: emit this `inbox` event to all of the user's sockets at the edge."""

    user: str
    payload: bytes


#: The messages without a body: their head is all there is (see `delivery.peers.frames`).
WholeMessage = (
    SnapshotMessage
    | SubscribeMessage
    | UnsubscribeMessage
    | AckedMessage
    | BeatMessage
    | MemberMessage
    | SnapshotRequestMessage
    | EndedMessage
    | DisconnectMessage
    | RefusedMessage
)
Message = WholeMessage | PushMessage | InboxEventMessage
