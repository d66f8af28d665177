"""One socket at the edge: what it was sent, and what it has acknowledged."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

#: How many acknowledged ids are remembered for each socket. The owner may not have written the
#: latest ones yet: two events' worth, unless MongoDB is slow. Forgetting more than that costs a
#: repeat at a hand-over.
_REMEMBERED_IDS = 100


@dataclass(frozen=True, slots=True)
class SocketPush:
    """What to do with a push: which ids to send, or that the socket has acknowledged it all."""

    send: Sequence[str]
    acked: bool


class Socket:
    """Owns the pushes that wait for the acks of one socket.

    A push names its notifications. Those that a former owner of the partition has sent already are
    not sent again: the push joins the ack that is outstanding. Those that the socket has
    acknowledged lately count as acknowledged at once. So neither a hand-over nor a link that broke
    with an ack on it sends anything twice. A push *again*, after silence, is always sent.
    """

    __slots__ = ("_acked", "_sent", "_waiting")

    def __init__(self) -> None:
        self._sent: set[str] = set()
        self._acked: OrderedDict[str, None] = OrderedDict()
        self._waiting: dict[int, set[str]] = {}

    def push(self, number: int, ids: Sequence[str], *, again: bool) -> SocketPush:
        """Add a push, and return what to do with it. `number` must be higher than before."""
        missing = {pushed for pushed in ids if pushed not in self._acked}
        if not missing:
            return SocketPush((), acked=True)
        fresh = [
            pushed for pushed in ids if pushed in missing and (again or pushed not in self._sent)
        ]
        self._sent.update(fresh)
        self._waiting[number] = missing
        return SocketPush(fresh, acked=False)

    def ack(self, ids: Sequence[str]) -> list[int]:
        """Record an ack, and return the pushes that are complete by it, in order.

        Pushes before the last complete one are forgotten.
        """
        self._sent.difference_update(ids)
        for acked in ids:
            self._acked[acked] = None
            self._acked.move_to_end(acked)
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
        # To the owner, the ack of an event covers the events before it. A client that acknowledges
        # only every other event would make this grow.
        self._waiting = {
            number: missing for number, missing in self._waiting.items() if number > last
        }
        self._sent = set[str]().union(*self._waiting.values())

    def has_all(self, ids: Sequence[str]) -> bool:
        """Return whether it was sent all of these."""
        return all(sent in self._sent or sent in self._acked for sent in ids)

    @property
    def acked(self) -> list[str]:
        """The ids it has acknowledged lately, whether the owner has written them or not."""
        return list(self._acked)

    @property
    def is_quiet(self) -> bool:
        """Whether nothing that was sent to it waits for an ack."""
        return not self._sent
