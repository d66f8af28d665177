"""One link as the owner hears it, without a network."""

from collections.abc import Callable, Sequence

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
    StateMessage,
    SubscribeMessage,
    UnsubscribeMessage,
)
from delivery.peers.peer_session import PeerSession
from tests.delivery.push.rig import USERS, OwnerRig, entry

_ANA, _BEN = USERS


class _Rig(OwnerRig):
    """The owner of the first partition, with one link."""

    def __init__(self) -> None:
        super().__init__()
        self.adopt(1, {0})
        self.assign(0)
        self.session = PeerSession("link", self.owner, self.subscribers)
        self.routes.open("link", self.session)

    def hear(self, *messages: Message) -> list[Message]:
        """What the owner answers."""
        for message in messages:
            self.session.hear(message)
        said: list[Message] = []
        while self.session.sender._waiting:
            said += decode(self.session.sender._next_frame())
        return said

    def pushed(self) -> PushMessage:
        """The one push that is said."""
        (push,) = self.hear()
        assert isinstance(push, PushMessage)
        return push

    @property
    def sockets(self) -> set[str]:
        """Those of the one user that are subscribed."""
        return {name.removeprefix("link/") for name in self.subscribers.connections_of(0, _ANA)}


def _of_ana(*sockets: str) -> Sequence[Subscription]:
    return [Subscription(socket, _ANA) for socket in sockets]


def test_a_push_is_acked_under_its_number_once_and_for_its_socket_only() -> None:
    rig = _Rig()
    rig.hear(SubscribeMessage(1, _of_ana("s1")))
    rig.answer([one := entry()])
    push = rig.pushed()
    assert push == PushMessage(push.number, "s1", False, [one.id], [one.value])
    rig.hear(AckedMessage("s2", push.number), AckedMessage("s1", push.number + 1))
    assert rig.to_write == []
    rig.hear(AckedMessage("s1", push.number), AckedMessage("s1", push.number))
    assert rig.write() == [one.id]
    assert rig.to_write == []
    assert not any(rig.session._acks.values()), "what is acked is not remembered"


def test_what_a_socket_passed_over_is_forgotten_with_its_next_ack() -> None:
    rig = _Rig()
    rig.hear(SubscribeMessage(1, _of_ana("s1", "s2")))
    rig.answer([entry()])
    passed_over, first = rig.hear()
    assert isinstance(first, PushMessage)
    rig.hear(AckedMessage("s2", first.number))
    rig.write()
    rig.answer([entry()])
    second, _ = rig.hear()
    assert isinstance(second, PushMessage)
    rig.hear(AckedMessage("s1", second.number))
    assert isinstance(passed_over, PushMessage)
    assert passed_over.socket == "s1"
    assert not rig.session._acks["s1"]
    assert len(rig.to_write) == 1


def test_an_ack_on_a_link_after_its_partition_moved_is_written_all_the_same() -> None:
    rig = _Rig()
    rig.hear(SubscribeMessage(1, _of_ana("s1")))
    rig.answer([one := entry()])
    push = rig.pushed()
    rig.owner.revoke(0)
    rig.adopt(2, {1})
    rig.hear(AckedMessage("s1", push.number))
    assert [one.ids for one, _ in rig.to_write] == [[one.id]]


def test_what_is_stated_in_parts_takes_effect_as_a_whole() -> None:
    rig = _Rig()
    rig.hear(StateMessage(1, _of_ana("s1", "s2"), more=False))
    rig.hear(StateMessage(2, _of_ana("s2"), more=True))
    assert rig.sockets == {"s1", "s2"}
    rig.hear(StateMessage(2, _of_ana("s3"), more=False))
    assert rig.sockets == {"s2", "s3"}
    rig.hear(StateMessage(3, [], more=False))
    assert rig.sockets == set()


def test_who_is_refused_is_told_with_the_map() -> None:
    rig = _Rig()
    stated = [*_of_ana("s1"), Subscription("s2", _BEN)]
    refused = RefusedMessage(["s2"], rig.subscribers.ownership)
    assert rig.hear(StateMessage(1, stated, more=False)) == [refused]
    assert rig.hear(SubscribeMessage(1, stated)) == [refused]
    assert rig.hear(SubscribeMessage(1, _of_ana("s1"))) == []


def test_a_beat_is_answered_with_what_is_subscribed_and_a_missed_map() -> None:
    rig = _Rig()
    rig.hear(SubscribeMessage(1, _of_ana("s1")))
    digest = rig.session._subscriptions.digest
    assert rig.hear(BeatMessage(1, digest)) == [BeatMessage(1, digest)]
    rig.adopt(4, {0})
    newer = RefusedMessage([], rig.subscribers.ownership)
    assert rig.hear(BeatMessage(3, digest)) == [BeatMessage(4, digest), newer]
    assert rig.hear(BeatMessage(5, digest)) == [BeatMessage(4, digest)]


def test_what_is_pushed_is_remembered_no_longer_than_its_socket() -> None:
    rig = _Rig()
    forget: list[Callable[[str], Message]] = [
        lambda socket: UnsubscribeMessage([socket]),
        lambda _: StateMessage(1, [], more=False),
    ]
    for how in forget:
        rig.hear(SubscribeMessage(1, _of_ana("s1")))
        rig.answer([entry()])
        push = rig.pushed()
        rig.hear(how("s1"))
        assert rig.session._acks == {}
        rig.hear(AckedMessage("s1", push.number))
        assert rig.to_write == []


def test_what_waits_to_be_said_is_said_in_order() -> None:
    rig = _Rig()
    rig.hear(SubscribeMessage(1, _of_ana("s1")))
    rig.answer([one := entry()])
    rig.push.feed.emit_inbox(0, _ANA, b"{}")
    rig.routes.disconnect("link/s1")
    push, *rest = rig.hear()
    assert isinstance(push, PushMessage)
    assert push.ids == [one.id]
    assert rest == [InboxEventMessage(_ANA, b"{}"), DisconnectMessage("s1")]


def test_when_it_ends_nobody_is_subscribed_over_it() -> None:
    rig = _Rig()
    rig.hear(SubscribeMessage(1, _of_ana("s1", "s2")))
    rig.session.end()
    assert rig.sockets == set()
