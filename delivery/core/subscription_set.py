"""The sockets subscribed over one link, with a digest by which both ends compare them."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import NamedTuple


class Digest(NamedTuple):
    """A digest of a set. Different sets have the same digest with a chance of 2⁻⁶⁴."""

    size: int
    fold: int


class Subscription(NamedTuple):
    """A socket at an edge, and the user whose notifications it gets."""

    socket: str
    user: str


class SubscriptionSet:
    """Owns the subscriptions of one link: the user of each socket, by socket id."""

    __slots__ = ("_fold", "_users")

    def __init__(self) -> None:
        self._users: dict[str, str] = {}
        self._fold = 0

    @property
    def users(self) -> Mapping[str, str]:
        """The user of each socket."""
        return self._users

    @property
    def digest(self) -> Digest:
        """The digest of the set. The order of additions does not matter."""
        return Digest(len(self._users), self._fold)

    def add(self, socket: str, user: str) -> None:
        """Subscribe the socket. A socket never changes its user."""
        if socket not in self._users:
            self._users[socket] = user
            self._fold ^= _hash(socket, user)

    def discard(self, socket: str) -> None:
        """End the socket's subscription, if there is one."""
        user = self._users.pop(socket, None)
        if user is not None:
            self._fold ^= _hash(socket, user)

    def clear(self) -> None:
        """End all subscriptions."""
        self._users.clear()
        self._fold = 0


def _hash(socket: str, user: str) -> int:
    return int.from_bytes(blake2b(f"{socket}\0{user}".encode(), digest_size=8).digest())
