"""The sockets that are subscribed over a link, and a digest with which both ends compare them."""

from collections.abc import Iterable, Mapping
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
    """Owns subscriptions: the user of each socket, by socket id.

    Both ends of a link have one set for each partition. So when a partition moves, its whole set
    moves in one step, whatever its size.
    """

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

    def add(self, socket: str, user: str) -> bool:
        """Subscribe the socket, and return whether it is new. A socket never changes its user."""
        if socket in self._users:
            return False
        self._users[socket] = user
        self._fold ^= _hash(socket, user)
        return True

    def discard(self, socket: str) -> bool:
        """End the socket's subscription, and return whether there was one."""
        user = self._users.pop(socket, None)
        if user is None:
            return False
        self._fold ^= _hash(socket, user)
        return True


def union_digest(sets: Iterable[SubscriptionSet]) -> Digest:
    """Return the digest of the union of these sets, which have no socket in common."""
    size = fold = 0
    for each in sets:
        size += each.digest.size
        fold ^= each.digest.fold
    return Digest(size, fold)


def _hash(socket: str, user: str) -> int:
    return int.from_bytes(blake2b(f"{socket}\0{user}".encode(), digest_size=8).digest())
