"""A user with more connections than the rules allow."""

from delivery.core.decision_types import Disconnect, Fault, Push
from delivery.core.rules import Rules
from tests.delivery.core.one_user import NOW, TIMEOUT, a_record, live_user, take

_MOST = 3
_RULES = Rules(TIMEOUT, ack_attempts=3, max_connections=_MOST)


def test_one_connection_too_many_ends_the_oldest() -> None:
    user = live_user(_RULES, "first", "second", "third")
    assert Disconnect("first", Fault.CROWDED) in user.connect("fourth", NOW)
    assert Disconnect("second", Fault.CROWDED) in user.connect("fifth", NOW)
    assert list(user.awaited.audience.connections) == ["third", "fourth", "fifth"]
    assert user.disconnect("first") == []
    assert not any(isinstance(each, Disconnect) for each in user.connect("fifth", NOW))


def test_an_ack_of_the_ended_connection_still_counts() -> None:
    user = live_user(_RULES, "first", "second", "third")
    (push,) = take(user, a_record(1))
    assert isinstance(push, Push)
    decisions = user.connect("fourth", NOW)
    assert Push(push.event, ("fourth",)) in decisions
    assert user.ack("first", push.event, NOW)
    assert user.awaited.event is None
