"""A user who stays connected is never absent, in whatever order maps, links and messages come."""

import random
from collections import deque

from delivery.core.ownership import Ownership
from delivery.core.subscription_set import Subscription
from delivery.core.tracker import Tracker
from delivery.peers.frames import decode
from delivery.peers.messages import (
    AckedMessage,
    Message,
    PushMessage,
    RefusedMessage,
    SnapshotMessage,
    SnapshotRequestMessage,
    SubscribeMessage,
)
from delivery.peers.peer_session import PeerSession
from delivery.peers.peer_watch import PeerWatch
from producer_api.contract.events import ReceiptType
from producer_api.contract.partitioning import partition_of
from tests.delivery.push.rig import ELSEWHERE, EPOCH, HERE, USERS, OwnerRig, in_full

_ANA, _ = USERS
_OTHERS = [user for user in map(str, range(100, 120)) if partition_of(user, 2) == 0][:3]
#: The edge's sockets. All their users are in the first partition. A snapshot's part lists two.
_SOCKETS = [Subscription(f"socket of {user}", user) for user in (_ANA, *_OTHERS)]
_PART = 2
#: The owners of both partitions in the maps.
_OWNERS = ((HERE, ELSEWHERE), (HERE, HERE), (ELSEWHERE, HERE), (ELSEWHERE, ELSEWHERE))
_RUNS, _STEPS = 2_000, 80


class _Pair(OwnerRig):
    """An owner, and an edge to which ana is connected. Their messages arrive when a step says so.

    No time passes here, because real messages arrive long before a user counts as absent.
    """

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self.chance = chance
        self.subscribers.note_edge("own", "")
        self.maps = [Ownership(0, ())]
        self.edge_map = self.maps[0]
        self.session: PeerSession | None = None
        self.links = 0
        self.on_the_way: deque[Message] = deque()
        self.refused: list[str] = []

    def step(self) -> None:
        """Do one of the things that may happen next, chosen at random."""
        step = self.chance.choice(
            (
                *(self._make_map, self._owner_adopts, self._edge_adopts),
                *(self._link, self._break, self._try_again),
                *(self._handle, self._handle, self._handle),
                *(self._feed, self._feed, self._begin_log_again, self._settle),
            )
        )
        step()

    def _make_map(self) -> None:
        if self.maps[-1].generation == self.subscribers.ownership.generation:
            self.maps.append(Ownership(len(self.maps), self.chance.choice(_OWNERS)))
            self.owner.suspend()

    def _is_fed(self) -> bool:
        return 0 in self.owner.partitions and not self.owner.partitions[0].is_suspended

    def _feed(self) -> None:
        if self._is_fed():
            self.feed(_ANA)

    def _begin_log_again(self) -> None:
        if self._is_fed():
            end = self.owner.partitions[0].tracker.next_to_receive
            self.owner.assign(0, Tracker(end + 1, EPOCH))
            self.connect_all()

    def _settle(self) -> None:
        if self._is_fed() and self.owner.partitions[0].is_in_grace_period:
            list(self.push.absences.settle(self.owner.partitions[0]))

    def _try_again(self) -> None:
        again = [each for each in self._listed() if each.socket in self.refused]
        self.refused = []
        if again:
            self.on_the_way.append(SubscribeMessage(self.edge_map.generation, again))

    def _owner_adopts(self) -> None:
        ownership = self.maps[-1]
        if ownership.generation == self.subscribers.ownership.generation:
            return
        ours = {number for number in (0, 1) if ownership.owners[number] == HERE}
        for number in self.owner.partitions.keys() - ours:
            self.owner.revoke(number)
        idle = () if ELSEWHERE in ownership.owners else (ELSEWHERE,)
        self.subscribers.adopt(ownership, ours, idle)
        for number in self.owner.partitions:
            self.owner.resume(number)
        self.subscribers.note_edge("own", "", ownership.generation)
        self.assign(*(ours - self.owner.partitions.keys()))
        self._take_replies()

    def _edge_adopts(self, ownership: Ownership | None = None) -> None:
        ownership = ownership or self.maps[-1]
        if ownership.generation > self.edge_map.generation:
            self.edge_map = ownership
            if HERE not in ownership.owners:
                self._break()
            elif self.session is not None:
                self._send_snapshot()

    def _link(self) -> None:
        if self.session is None and HERE in self.edge_map.owners:
            self.links += 1
            watch = PeerWatch("", is_on=False)
            name = f"link {self.links}"
            self.session = PeerSession(name, self.owner, self.subscribers, watch, ELSEWHERE)
            self.routes.open(name, self.session)
            self._send_snapshot()

    def _break(self) -> None:
        if self.session is not None:
            session, self.session = self.session, None
            self.routes.close(f"link {self.links}")
            self.on_the_way.clear()
            in_full(session.end())

    def _listed(self) -> list[Subscription]:
        return _SOCKETS if self.session and self.edge_map.owner_of(0) == HERE else []

    def _send_snapshot(self) -> None:
        listed = self._listed()
        for begin in range(0, len(listed) or 1, _PART):
            more = begin + _PART < len(listed)
            part = listed[begin : begin + _PART]
            self.on_the_way.append(SnapshotMessage(self.edge_map.generation, part, more))

    def _handle(self) -> None:
        if self.session is not None and self.on_the_way:
            in_full(self.session.handle(self.on_the_way.popleft()))
            self._take_replies()

    def _take_replies(self) -> None:
        while self.session is not None and self.session.sender._waiting:
            for reply in decode(self.session.sender._next_frame()):
                match reply:
                    case PushMessage(number, socket):
                        self.on_the_way.append(AckedMessage(socket, number))
                    case SnapshotRequestMessage():
                        self._send_snapshot()
                    case RefusedMessage(sockets, ownership):
                        self.refused += sockets
                        self._edge_adopts(ownership)
                    case _:
                        pass


def test_a_user_who_stays_connected_is_never_reported_as_parked() -> None:
    for seed in range(_RUNS):
        pair = _Pair(random.Random(seed))  # noqa: S311 - not for a secret
        for _ in range(_STEPS):
            pair.step()
        receipts = [each for queued in pair.receipts.oldest(99) for each in queued.receipts]
        assert not [each for each in receipts if each.kind is ReceiptType.PARKED], seed
