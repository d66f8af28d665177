"""One socket at the edge, with its pushes and its acks."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence

from delivery.core.forwarded_acks import ForwardedAcks

#: How many acknowledged ids are remembered for each socket. The owner may not have written the
#: latest acks yet: at most two events' worth, unless MongoDB is slow. An id that is forgotten too
#: early is pushed again at a hand-over.
_REMEMBERED_IDS = 100


class Socket:
    """Owns the pushes that wait for the acks of one socket.

    A push lists notification ids. Ids that a former owner of the partition has already sent are not
    sent again: the push waits for the outstanding ack. Ids that the socket has acknowledged
    recently count as acknowledged. So nothing is sent twice after a hand-over, or after a link
    broke and an ack was lost. With `again`, the outstanding ids are sent again, because their ack
    is overdue.
    """

    __slots__ = ("_acked", "_sent", "_waiting")

    def __init__(self) -> None:
        self._sent: set[str] = set()
        self._acked: OrderedDict[str, ForwardedAcks | None] = OrderedDict()
        #: The ids that each push waits for, by the number of the push.
        self._waiting: dict[int, set[str]] = {}

    def push(self, number: int, ids: Sequence[str], *, again: bool) -> Sequence[str] | None:
        """Add a push, and return the ids to send. `number` must be higher than before.

        Returns None if the socket has acknowledged all ids. An empty sequence means that all others
        are on their way already.
        """
        sent, acked = self._sent, self._acked
        if not sent and acked.keys().isdisjoint(ids):  # the usual case, which needs no new lists
            sent.update(ids)
            self._waiting[number] = set(ids)
            return ids
        unacked = {item_id for item_id in ids if item_id not in acked}
        if not unacked:
            return None
        to_send = [
            item_id for item_id in ids if item_id in unacked and (again or item_id not in sent)
        ]
        sent.update(to_send)
        self._waiting[number] = unacked
        return to_send

    def ack(self, ids: Sequence[str]) -> list[int]:
        """Record an ack, and return the numbers of the pushes that it completes, in order.

        Forgets the pushes before the last complete one.
        """
        acked = self._acked
        for item_id in ids:
            acked[item_id] = None
            acked.move_to_end(item_id)
        while len(acked) > _REMEMBERED_IDS:
            acked.popitem(last=False)
        completed = []
        for number, unacked in self._waiting.items():
            unacked.difference_update(ids)
            if not unacked:
                completed.append(number)
        if completed and len(completed) == len(self._waiting):  # the usual case
            self._waiting.clear()
            self._sent.clear()
            return completed
        self._sent.difference_update(ids)
        if completed:
            self._forget_before(completed[-1])
        return completed

    def note_forwarded(self, ids: Sequence[str], forwarded: ForwardedAcks) -> None:
        """Record how the ack of these ids was forwarded, if the owner is not in this process."""
        for item_id in ids:
            if item_id in self._acked:
                self._acked[item_id] = forwarded

    def _forget_before(self, last: int) -> None:
        # For the owner, the ack of an event covers all earlier events. If their pushes were kept, a
        # client that acknowledges only every other event would make the table grow.
        self._waiting = {
            number: unacked for number, unacked in self._waiting.items() if number > last
        }
        self._sent = set[str]().union(*self._waiting.values())

    def has_all(self, ids: Sequence[str]) -> bool:
        """Return whether all of these were sent to the socket."""
        return all(item_id in self._sent or item_id in self._acked for item_id in ids)

    @property
    def acked(self) -> list[str]:
        """The ids that the socket acknowledged recently, even if the owner has not written them."""
        return list(self._acked)

    @property
    def forwarded(self) -> Mapping[str, ForwardedAcks | None]:
        """The same ids, each with how its ack was forwarded. None: to the owner in this process."""
        return self._acked

    @property
    def is_quiet(self) -> bool:
        """Whether the socket has acknowledged everything that was sent to it."""
        return not self._sent
