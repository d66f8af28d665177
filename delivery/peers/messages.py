"""What two instances say to each other over a link."""

from collections.abc import Sequence
from typing import NamedTuple

from delivery.core.ownership import Ownership
from delivery.core.subscription_set import Digest, Subscription


class State(NamedTuple):
    """Edge to owner: all the subscriptions of this link, in parts; `more` but for the last."""

    generation: int
    subscriptions: Sequence[Subscription]
    more: bool


class Subscribe(NamedTuple):
    """Edge to owner: these as well."""

    generation: int
    subscriptions: Sequence[Subscription]


class Unsubscribe(NamedTuple):
    """Edge to owner: these sockets are gone."""

    sockets: Sequence[str]


class Acked(NamedTuple):
    """Edge to owner: the socket has what was pushed to it under this number."""

    socket: str
    number: int


class Beat(NamedTuple):
    """Both ways, every second: I am here; of an edge, with what it has subscribed."""

    generation: int
    digest: Digest


class Restate(NamedTuple):
    """Owner to edge: what I have differs from what your beat says; say all."""


class Ended(NamedTuple):
    """Owner to edge: I have heard that these sockets are gone, and all that they acknowledged."""

    sockets: Sequence[str]


class Push(NamedTuple):
    """Owner to edge: send these notifications to the socket, unless they are on their way."""

    number: int
    socket: str
    again: bool
    ids: Sequence[str]
    values: Sequence[bytes]


class Disconnect(NamedTuple):
    """Owner to edge: end the socket."""

    socket: str


class Tell(NamedTuple):
    """Owner to edge: an `inbox` event for all sockets of the user there."""

    user: str
    payload: bytes


class Refused(NamedTuple):
    """Owner to edge: these sockets' partitions are not mine; this is my map."""

    sockets: Sequence[str]
    ownership: Ownership


Message = (
    State
    | Subscribe
    | Unsubscribe
    | Acked
    | Beat
    | Restate
    | Ended
    | Push
    | Disconnect
    | Tell
    | Refused
)
