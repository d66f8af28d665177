"""Who is subscribed at an owner through a session, over the changes of the group."""

import pytest

from delivery.core.ownership import Ownership
from delivery.core.subscription_set import Subscription
from delivery.push.routes import connection_of
from delivery.push.subscriptions import Subscriptions
from tests.delivery.push.rig import USERS, OwnerRig, Sockets, entry

_ANA, _BEN = USERS
_SUBSCRIPTIONS = [Subscription("of ana", _ANA), Subscription("of ben", _BEN)]
_CONNECTIONS = [connection_of("link", one.socket) for one in _SUBSCRIPTIONS]


class _Rig(OwnerRig):
    """The owner of the first partition by generation 1, with one session."""

    def __init__(self) -> None:
        super().__init__()
        self.sockets = Sockets()
        self.routes.open("link", self.sockets)
        self.adopt(1, {0})
        self.assign(0)
        self.subscriptions = Subscriptions("link", self.owner, self.subscribers)

    def state(self, generation: int) -> list[str]:
        """The edge states both of its sockets."""
        return self.subscriptions.state(generation, _SUBSCRIPTIONS)

    @property
    def connections(self) -> list[set[str]]:
        """Of each of the two users."""
        return [
            set(self.subscribers.connections_of(at, user)) for at, user in enumerate((_ANA, _BEN))
        ]


def test_those_of_other_owners_partitions_are_refused() -> None:
    rig = _Rig()
    assert rig.state(1) == ["of ben"]
    assert rig.connections == [{_CONNECTIONS[0]}, set()]
    assert rig.asked() == [_ANA], "subscribing is catching up"
    assert rig.subscriptions.digest.size == 1


def test_an_edge_with_an_older_map_is_served_where_we_own_the_partition() -> None:
    rig = _Rig()
    rig.adopt(7, {0})
    assert rig.state(3) == ["of ben"]
    assert rig.asked() == [_ANA]


def test_before_the_first_map_everyone_is_refused() -> None:
    rig = OwnerRig()
    subscriptions = Subscriptions("link", rig.owner, rig.subscribers)
    assert subscriptions.state(9, _SUBSCRIPTIONS) == ["of ana", "of ben"]


def test_what_an_edge_knows_by_a_newer_map_waits_for_its_partition() -> None:
    rig = _Rig()
    assert rig.state(2) == []
    assert rig.asked() == [_ANA]
    rig.adopt(2, {0, 1})
    assert rig.asked() == []
    rig.assign(1)
    assert rig.asked() == [_BEN]
    assert rig.connections == [{_CONNECTIONS[0]}, {_CONNECTIONS[1]}]


def test_what_waited_for_a_partition_that_does_not_come_is_dropped() -> None:
    rig = _Rig()
    rig.state(2)
    rig.adopt(2, {0})
    assert rig.connections == [{_CONNECTIONS[0]}, set()]
    assert rig.subscriptions.digest.size == 1


def test_what_waits_for_a_generation_goes_on_waiting_through_one_before() -> None:
    rig = _Rig()
    rig.state(5)
    rig.adopt(3, {0})
    assert rig.connections[1] == {_CONNECTIONS[1]}
    rig.adopt(5, {0, 1})
    assert rig.connections[1] == {_CONNECTIONS[1]}


def test_who_waited_and_left_is_not_connected() -> None:
    rig = _Rig()
    rig.state(2)
    rig.subscriptions.remove(("of ben", "a stranger"))
    rig.asked()
    rig.adopt(2, {0, 1})
    rig.assign(1)
    assert rig.asked() == []


def test_stating_again_goes_on_as_it_was_and_nobody_catches_up() -> None:
    rig = _Rig()
    rig.state(1)
    rig.answer()
    pushed = rig.feed(_ANA)
    rig.adopt(2, {0})
    assert rig.state(2) == ["of ben"]
    assert rig.asked() == []
    rig.sockets.acks[0]()
    assert rig.write() == [pushed]
    rig.feed(_ANA)
    assert len(rig.sockets.pushed) == 2


def test_who_is_stated_no_more_is_gone() -> None:
    rig = _Rig()
    rig.state(1)
    rig.answer()
    record = rig.feed(_ANA)
    assert rig.sockets.pushed == [f"of ana: {record}"]
    assert rig.subscriptions.state(1, []) == []
    assert rig.connections == [set(), set()]
    assert rig.owner.partitions[0].tracker.in_flight == 0, "it is the inbox's to give"
    assert rig.owner.partitions[0].recipients == {}


def test_those_of_a_partition_that_moved_are_dropped() -> None:
    rig = _Rig()
    rig.state(1)
    rig.owner.revoke(0)
    rig.adopt(2, {1})
    assert rig.connections == [set(), set()]
    assert rig.subscriptions.digest.size == 0
    rig.assign(0)
    assert rig.asked() == [_ANA], "that was of the first time"


def test_one_that_is_refused_now_was_subscribed_before_and_is_not_any_more() -> None:
    rig = _Rig()
    rig.state(5)  # by a map that we have not heard of: ours may be another's by then
    assert rig.connections[1]
    assert rig.subscriptions.add(1, [Subscription("of ben", _BEN)]) == ["of ben"]
    assert rig.connections[1] == set()


def test_the_end_of_a_session_is_the_end_of_its_subscriptions_and_no_others() -> None:
    rig = _Rig()
    other = Subscriptions("another link", rig.owner, rig.subscribers)
    other.state(1, _SUBSCRIPTIONS)
    rig.state(1)
    rig.subscriptions.end()
    assert rig.connections == [{"another link/of ana"}, set()]
    rig.adopt(2, {1})  # of which a session that is over hears nothing
    assert other.digest.size == 0


def test_a_map_without_any_owner_drops_everyone() -> None:
    rig = _Rig()
    rig.state(1)
    rig.owner.revoke(0)
    rig.subscribers.adopt(Ownership(2, ()), ())
    assert rig.subscriptions.digest.size == 0
    rig.adopt(3, {0})
    rig.asked()
    rig.assign(0)
    assert rig.asked() == []


@pytest.mark.parametrize("generation", [1, 2])
def test_a_user_with_sockets_here_and_there_has_them_all(generation: int) -> None:
    rig = _Rig()
    own = Sockets()
    rig.routes.open("own", own)
    Subscriptions("own", rig.owner, rig.subscribers).add(1, [Subscription("here", _ANA)])
    rig.state(generation)
    rig.answer([one := entry()])
    assert own.pushed == [f"here: {one.id}"]
    assert rig.sockets.pushed == [f"of ana: {one.id}"]
