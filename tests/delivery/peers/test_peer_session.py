"""The owner's end of a link, without a network."""

from collections.abc import Callable, Sequence

from delivery.core.decision_types import Fault
from delivery.core.ownership import Ownership
from delivery.core.subscription_set import Subscription
from delivery.peers.frames import decode
from delivery.peers.messages import (
    AckedMessage,
    BeatMessage,
    DisconnectMessage,
    InboxEventMessage,
    Message,
    PushMessage,
    RefusedMessage,
    SnapshotMessage,
    SnapshotRequestMessage,
    SubscribeMessage,
    UnsubscribeMessage,
)
from delivery.peers.peer_session import PeerSession
from delivery.peers.peer_watch import PeerWatch
from tests.delivery.push.rig import ELSEWHERE, USERS, OwnerRig, entry, in_full

_ANA, _BEN = USERS


class _Rig(OwnerRig):
    """The owner of the first partition, with one link."""

    def __init__(self) -> None:
        super().__init__()
        self.adopt(1, {0})
        self.assign(0)
        self.session = PeerSession("link", self.owner, self.subscribers, PeerWatch("", is_on=False))
        self.routes.open("link", self.session)

    def handle(self, *messages: Message) -> list[Message]:
        """Handle the messages, and return the owner's replies."""
        for message in messages:
            in_full(self.session.handle(message))
        sent: list[Message] = []
        while self.session.sender._waiting:
            sent += decode(self.session.sender._next_frame())
        return sent

    def pushed(self) -> PushMessage:
        """Return the only push that was sent."""
        (push,) = self.handle()
        assert isinstance(push, PushMessage)
        return push

    @property
    def sockets(self) -> set[str]:
        """Return the subscribed sockets of ana."""
        connections = self.subscribers.connections_of(0, _ANA)
        return {connection.removeprefix("link/") for connection in connections}


def _of_ana(*sockets: str) -> Sequence[Subscription]:
    return [Subscription(socket, _ANA) for socket in sockets]


def test_an_ack_counts_once_and_only_for_its_number_and_socket() -> None:
    rig = _Rig()
    rig.handle(SubscribeMessage(1, _of_ana("s1")))
    rig.answer([owed := entry()])
    push = rig.pushed()
    assert push == PushMessage(push.number, "s1", False, [owed.id], [owed.value])
    rig.handle(AckedMessage("s2", push.number), AckedMessage("s1", push.number + 1))
    assert rig.to_write == []
    rig.handle(AckedMessage("s1", push.number), AckedMessage("s1", push.number))
    assert rig.write() == [owed.id]
    assert rig.to_write == []
    assert not any(rig.session._acks.values()), "acknowledged pushes are forgotten"


def test_pushes_that_a_socket_skipped_are_forgotten_at_its_next_ack() -> None:
    rig = _Rig()
    rig.handle(SubscribeMessage(1, _of_ana("s1", "s2")))
    rig.answer([entry()])
    skipped, first = rig.handle()
    assert isinstance(first, PushMessage)
    rig.handle(AckedMessage("s2", first.number))
    rig.write()
    rig.answer([entry()])
    second, _ = rig.handle()
    assert isinstance(second, PushMessage)
    rig.handle(AckedMessage("s1", second.number))
    assert isinstance(skipped, PushMessage)
    assert skipped.socket == "s1"
    assert not rig.session._acks["s1"]
    assert len(rig.to_write) == 1


def test_an_ack_is_written_although_its_partition_has_moved() -> None:
    rig = _Rig()
    rig.handle(SubscribeMessage(1, _of_ana("s1")))
    rig.answer([owed := entry()])
    push = rig.pushed()
    rig.owner.revoke(0)
    rig.adopt(2, {1})
    rig.handle(AckedMessage("s1", push.number))
    assert [delivered.ids for delivered, _ in rig.to_write] == [[owed.id]]


def test_a_socket_is_dropped_when_the_whole_snapshot_lacks_it() -> None:
    rig = _Rig()
    rig.handle(SnapshotMessage(1, _of_ana("s1", "s2"), more=False))
    rig.handle(SnapshotMessage(2, _of_ana("s2"), more=True))
    assert rig.sockets == {"s1", "s2"}
    rig.handle(SnapshotMessage(2, _of_ana("s3"), more=True))
    assert rig.sockets == {"s1", "s2", "s3"}, "each part takes effect at once"
    rig.handle(SnapshotMessage(2, [], more=False))
    assert rig.sockets == {"s2", "s3"}
    rig.handle(SnapshotMessage(3, [], more=False))
    assert rig.sockets == set()


def test_a_refusal_comes_with_the_map_of_the_owner() -> None:
    rig = _Rig()
    subscriptions = [*_of_ana("s1"), Subscription("s2", _BEN)]
    refused = RefusedMessage(["s2"], rig.subscribers.ownership)
    assert rig.handle(SnapshotMessage(1, subscriptions, more=False)) == [refused]
    assert rig.handle(SubscribeMessage(1, subscriptions)) == [refused]
    assert rig.handle(SubscribeMessage(1, _of_ana("s1"))) == []


def test_an_edge_that_sent_a_snapshot_before_the_first_map_is_asked_again() -> None:
    rig = OwnerRig()
    session = PeerSession("link", rig.owner, rig.subscribers, PeerWatch("", is_on=False), ELSEWHERE)
    rig.routes.open("link", session)
    snapshot = SnapshotMessage(1, _of_ana("s1"), more=False)
    in_full(session.handle(snapshot))
    refused = RefusedMessage(["s1"], Ownership(0, ()))
    assert list(decode(session.sender._next_frame())) == [refused]
    rig.adopt(1, {0})
    rig.assign(0)
    assert list(decode(session.sender._next_frame())) == [SnapshotRequestMessage()]
    rig.feed(_ANA)
    list(rig.push.absences.settle(rig.owner.partitions[0]))
    in_full(session.handle(snapshot))
    assert rig.subscribers.have_all_sent_snapshots
    list(rig.push.absences.settle(rig.owner.partitions[0]))
    assert rig.owner.partitions[0].tracker.in_flight == 0
    assert not rig.receipts.oldest(1), "ana was connected throughout"
    rig.adopt(2, {0})
    assert not session.sender._waiting, "the edge sends a snapshot for each new map by itself"


def test_an_edge_without_users_that_sent_a_snapshot_before_the_first_map_is_asked_again() -> None:
    rig = OwnerRig()
    session = PeerSession("link", rig.owner, rig.subscribers, PeerWatch("", is_on=False), ELSEWHERE)
    rig.routes.open("link", session)
    in_full(session.handle(SnapshotMessage(1, [], more=False)))
    in_full(session.handle(SubscribeMessage(1, _of_ana("s1"))))
    rig.adopt(1, {0})
    rig.assign(0)
    rig.feed(_ANA)
    list(rig.push.absences.settle(rig.owner.partitions[0]))
    assert not rig.receipts.oldest(1), "ana is connected, and the edge tries again"
    assert SnapshotRequestMessage() in decode(session.sender._next_frame())


def test_a_snapshot_is_not_whole_if_the_map_comes_after_a_refused_part() -> None:
    rig = OwnerRig()
    session = PeerSession("link", rig.owner, rig.subscribers, PeerWatch("", is_on=False), ELSEWHERE)
    rig.routes.open("link", session)
    in_full(session.handle(SnapshotMessage(1, _of_ana("s1"), more=True)))
    rig.adopt(1, {0})
    rig.assign(0)
    in_full(session.handle(SnapshotMessage(1, _of_ana("s2"), more=False)))
    assert not rig.subscribers.have_all_sent_snapshots
    _, *asked = decode(session.sender._next_frame())
    assert asked == [SnapshotRequestMessage()]
    in_full(session.handle(SnapshotMessage(1, _of_ana("s1", "s2"), more=False)))
    assert rig.subscribers.have_all_sent_snapshots


def test_a_beat_is_answered_with_the_digest_and_a_newer_map() -> None:
    rig = _Rig()
    rig.handle(SubscribeMessage(1, _of_ana("s1")))
    digest = rig.session._subscriptions.digest
    assert rig.handle(BeatMessage(1, digest)) == [BeatMessage(1, digest)]
    rig.adopt(4, {0})
    newer = RefusedMessage([], rig.subscribers.ownership)
    assert rig.handle(BeatMessage(3, digest)) == [BeatMessage(4, digest), newer]
    assert rig.handle(BeatMessage(5, digest)) == [BeatMessage(4, digest)]


def test_pushes_are_forgotten_with_their_socket() -> None:
    rig = _Rig()
    forget: list[Callable[[str], Message]] = [
        lambda socket: UnsubscribeMessage([socket]),
        lambda _: SnapshotMessage(1, [], more=False),
    ]
    for message_for in forget:
        rig.handle(SubscribeMessage(1, _of_ana("s1")))
        rig.answer([entry()])
        push = rig.pushed()
        rig.handle(message_for("s1"))
        assert rig.session._acks == {}
        rig.handle(AckedMessage("s1", push.number))
        assert rig.to_write == []


def test_messages_to_the_edge_are_sent_in_order() -> None:
    rig = _Rig()
    rig.handle(SubscribeMessage(1, _of_ana("s1")))
    rig.answer([owed := entry()])
    rig.push.feed.emit_inbox(0, _ANA, b"{}")
    rig.routes.disconnect("link/s1", Fault.SILENT)
    push, *rest = rig.handle()
    assert isinstance(push, PushMessage)
    assert push.ids == [owed.id]
    assert rest == [InboxEventMessage(_ANA, b"{}"), DisconnectMessage("s1", Fault.SILENT)]


def test_subscriptions_end_with_the_session() -> None:
    rig = _Rig()
    rig.handle(SubscribeMessage(1, _of_ana("s1", "s2")))
    in_full(rig.session.end())
    assert rig.sockets == set()
