"""One socket at the edge: what it was sent and has not acknowledged, and what it has."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

#: Of what a socket acknowledged, the owner may not have written the last. Two events' worth, unless
#: MongoDB is slow; beyond it, a hand-over costs a repeat.
_REMEMBERED_IDS = 100


@dataclass(frozen=True, slots=True)
class SocketPush:
    """What becomes of a push: the ids to send, and whether the socket has acknowledged it all."""

    send: Sequence[str]
    acked: bool


class Socket:
    """Owns the pushes that wait for one socket's acknowledgement.

    A push names its notifications. What a former owner of the partition has sent already is not
    sent again: the push joins the acknowledgement that is outstanding, and what the socket has
    acknowledged lately counts at once. So a hand-over, or a link that broke with an
    acknowledgement on it, gives nobody anything twice. A push *again*, after silence, is sent.
    """

    __slots__ = ("_acked", "_sent", "_waiting")

    def __init__(self) -> None:
        self._sent: set[str] = set()
        self._acked: OrderedDict[str, None] = OrderedDict()
        self._waiting: dict[int, set[str]] = {}

    def push(self, number: int, ids: Sequence[str], *, again: bool) -> SocketPush:
        """A push of that number has come for the socket."""
        missing = {name for name in ids if name not in self._acked}
        if not missing:
            return SocketPush((), acked=True)
        fresh = [name for name in ids if name in missing and (again or name not in self._sent)]
        self._sent.update(fresh)
        self._waiting[number] = missing
        return SocketPush(fresh, acked=False)

    def ack(self, ids: Sequence[str]) -> list[int]:
        """The socket has acknowledged these; the pushes that are acknowledged wholly by that, in
        order. Those before the last of them are forgotten.
        """
        self._sent.difference_update(ids)
        for name in ids:
            self._acked[name] = None
            self._acked.move_to_end(name)
        while len(self._acked) > _REMEMBERED_IDS:
            self._acked.popitem(last=False)
        done = []
        for number, missing in self._waiting.items():
            missing.difference_update(ids)
            if not missing:
                done.append(number)
        if done:
            self._forget_before(done[-1])
        return done

    def _forget_before(self, last: int) -> None:
        # Who answers a later push has done with those before, as the owner sees it: a client that
        # answers every other one would make this grow.
        self._waiting = {
            number: missing for number, missing in self._waiting.items() if number > last
        }
        self._sent = set[str]().union(*self._waiting.values())

    def has_all(self, ids: Sequence[str]) -> bool:
        """Whether it was sent all of these."""
        return all(name in self._sent or name in self._acked for name in ids)

    @property
    def acked(self) -> list[str]:
        """What it has acknowledged lately, written by the owner or not."""
        return list(self._acked)

    @property
    def is_quiet(self) -> bool:
        """Nothing sent to it waits for an acknowledgement."""
        return not self._sent
