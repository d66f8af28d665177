"""How rebalances of the group affect the subscriptions of a session."""

from collections.abc import Sequence

import pytest

from delivery.core.ownership import Ownership
from delivery.core.subscription_set import Subscription
from delivery.push.routes import connection_of
from delivery.push.subscriptions import Subscriptions
from tests.delivery.push.rig import USERS, OwnerRig, Sockets, entry, in_full

_ANA, _BEN = USERS
_SUBSCRIPTIONS = [Subscription("of ana", _ANA), Subscription("of ben", _BEN)]
_CONNECTIONS = [connection_of("link", subscription.socket) for subscription in _SUBSCRIPTIONS]


def subscribe_only(
    subscriptions: Subscriptions, generation: int, listed: Sequence[Subscription]
) -> list[str]:
    """Send a whole snapshot of an edge. Return the sockets that are refused."""
    subscriptions.begin()
    refused = subscriptions.add(generation, listed)
    in_full(subscriptions.drop_unlisted(generation))
    return refused


class _Rig(OwnerRig):
    """The owner of the first partition under generation 1, with one session."""

    def __init__(self) -> None:
        super().__init__()
        self.sockets = Sockets()
        self.routes.open("link", self.sockets)
        self.adopt(1, {0})
        self.assign(0)
        self.subscriptions = Subscriptions("link", self.owner, self.subscribers)

    def subscribe_only(self, generation: int) -> list[str]:
        """Send a whole snapshot with both sockets. Return those that are refused."""
        return subscribe_only(self.subscriptions, generation, _SUBSCRIPTIONS)

    @property
    def connections(self) -> list[set[str]]:
        """Return the connections of each of the two users."""
        return [
            set(self.subscribers.connections_of(at, user)) for at, user in enumerate((_ANA, _BEN))
        ]


def test_socket_is_refused_if_another_instance_owns_its_partition() -> None:
    rig = _Rig()
    assert rig.subscribe_only(1) == ["of ben"]
    assert rig.connections == [{_CONNECTIONS[0]}, set()]
    assert rig.queried() == [_ANA], "a subscribed user catches up"
    assert rig.subscriptions.digest.size == 1


def test_edge_with_an_older_map_is_served_if_this_instance_owns_the_partition() -> None:
    rig = _Rig()
    rig.adopt(7, {0})
    assert rig.subscribe_only(3) == ["of ben"]
    assert rig.queried() == [_ANA]


def test_every_socket_is_refused_before_the_first_map() -> None:
    rig = OwnerRig()
    subscriptions = Subscriptions("link", rig.owner, rig.subscribers)
    assert subscribe_only(subscriptions, 9, _SUBSCRIPTIONS) == ["of ana", "of ben"]


def test_subscription_under_a_newer_map_waits_for_its_partition() -> None:
    rig = _Rig()
    assert rig.subscribe_only(2) == []
    assert rig.queried() == [_ANA]
    rig.adopt(2, {0, 1})
    assert rig.queried() == []
    rig.assign(1)
    assert rig.queried() == [_BEN]
    assert rig.connections == [{_CONNECTIONS[0]}, {_CONNECTIONS[1]}]


def test_waiting_subscription_is_dropped_if_the_partition_does_not_come() -> None:
    rig = _Rig()
    rig.subscribe_only(2)
    rig.adopt(2, {0})
    assert rig.connections == [{_CONNECTIONS[0]}, set()]
    assert rig.subscriptions.digest.size == 1


def test_waiting_subscription_survives_an_earlier_generation() -> None:
    rig = _Rig()
    rig.subscribe_only(5)
    rig.adopt(3, {0})
    assert rig.connections[1] == {_CONNECTIONS[1]}
    rig.adopt(5, {0, 1})
    assert rig.connections[1] == {_CONNECTIONS[1]}


def test_waiting_socket_that_left_is_not_connected() -> None:
    rig = _Rig()
    rig.subscribe_only(2)
    rig.subscriptions.remove(("of ben", "a stranger"))
    rig.queried()
    rig.adopt(2, {0, 1})
    rig.assign(1)
    assert rig.queried() == []


def test_repeated_subscription_does_not_make_the_user_catch_up_again() -> None:
    rig = _Rig()
    rig.subscribe_only(1)
    rig.answer()
    rig.adopt(2, {0})
    assert rig.subscribe_only(2) == ["of ben"]
    first = rig.feed(_ANA)
    rig.adopt(3, {0})
    assert rig.subscribe_only(3) == ["of ben"]
    rig.sockets.acks[0]()
    assert rig.write() == [first]
    second = rig.feed(_ANA)
    assert rig.sockets.pushed == [f"of ana: {first}", f"of ana: {second}"]
    assert rig.queried() == []


def test_socket_missing_from_the_next_snapshot_is_removed() -> None:
    rig = _Rig()
    rig.subscribe_only(1)
    rig.answer()
    record = rig.feed(_ANA)
    assert rig.sockets.pushed == [f"of ana: {record}"]
    assert subscribe_only(rig.subscriptions, 1, []) == []
    assert rig.connections == [set(), set()]
    assert rig.owner.partitions[0].tracker.in_flight == 0, "the inbox must take over"
    assert rig.owner.partitions[0].recipients == {}


def test_subscriptions_of_a_moved_partition_are_dropped() -> None:
    rig = _Rig()
    rig.subscribe_only(1)
    rig.owner.revoke(0)
    rig.adopt(2, {1})
    assert rig.connections == [set(), set()]
    assert rig.subscriptions.digest.size == 0
    rig.assign(0)
    assert rig.queried() == [_ANA], "only the query of the first subscription"


def test_refused_socket_loses_its_earlier_subscription() -> None:
    rig = _Rig()
    rig.subscribe_only(5)  # under a map that this instance has not received yet
    assert rig.connections[1]
    assert rig.subscriptions.add(1, [Subscription("of ben", _BEN)]) == ["of ben"]
    assert rig.connections[1] == set()


def test_ending_a_session_ends_only_its_own_subscriptions() -> None:
    rig = _Rig()
    other = Subscriptions("another link", rig.owner, rig.subscribers)
    subscribe_only(other, 1, _SUBSCRIPTIONS)
    rig.subscribe_only(1)
    in_full(rig.subscriptions.end())
    assert rig.connections == [{"another link/of ana"}, set()]
    assert len(rig.subscribers._sessions) == 1, "an ended session no longer watches maps"
    rig.adopt(2, {1})
    assert other.digest.size == 0


def test_map_without_owners_drops_every_subscription() -> None:
    rig = _Rig()
    rig.subscribe_only(1)
    rig.owner.revoke(0)
    rig.subscribers.adopt(Ownership(2, ()), ())
    assert rig.subscriptions.digest.size == 0
    rig.adopt(3, {0})
    rig.queried()
    rig.assign(0)
    assert rig.queried() == []


@pytest.mark.parametrize("generation", [1, 2])
def test_user_with_sockets_on_two_instances_keeps_both(generation: int) -> None:
    rig = _Rig()
    own = Sockets()
    rig.routes.open("own", own)
    Subscriptions("own", rig.owner, rig.subscribers).add(1, [Subscription("here", _ANA)])
    rig.subscribe_only(generation)
    rig.answer([owed := entry()])
    assert own.pushed == [f"here: {owed.id}"]
    assert rig.sockets.pushed == [f"of ana: {owed.id}"]
