"""One socket at the edge against a naive model: several owners push, one client acks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from delivery.core.socket import Socket
from tests.delivery.core.effort import effort

#: How many acked ids a socket remembers: two events' worth.
_REMEMBERED = 100


@dataclass
class _Push:
    """A push, as the owner would remember it."""

    ids: Sequence[str]
    missing: set[str] = field(default_factory=set)
    """The ids of the push that the client has not acked."""
    reported: int = 0
    """How often the socket reported to the owner that the client has the whole push."""
    forgotten: bool = False
    """A later push was acked completely, so the owner no longer waits for this one."""


@dataclass
class _World:
    """The naive model. Keeps every push, every emission, and all acks in order."""

    pushes: dict[int, _Push] = field(default_factory=dict)
    emissions: list[Sequence[str]] = field(default_factory=list)
    acks: list[str] = field(default_factory=list)

    @property
    def remembered(self) -> set[str]:
        """Return the 100 ids that were acked last."""
        latest: list[str] = []
        for item_id in reversed(self.acks):
            if item_id not in latest:
                latest.append(item_id)
            if len(latest) == _REMEMBERED:
                break
        return set(latest)


class SocketAgainstTheModel(RuleBasedStateMachine):
    """Pushes take their ids from a small set, so that the pushes of several owners overlap."""

    def __init__(self) -> None:
        super().__init__()
        self.socket = Socket()
        self.world = _World()
        self.numbers = count()
        self.outstanding: set[str] = set()  # emitted since their last ack
        self.unacked: list[Sequence[str]] = []  # emissions that the client may still ack

    @rule(
        ids=st.lists(st.integers(0, 30).map(str), min_size=1, max_size=6, unique=True),
        again=st.booleans(),
    )
    def push(self, ids: list[str], again: bool) -> None:
        """Push a few ids, for any owner."""
        self._push(ids, again=again)

    @rule(number=st.integers(0, 3))
    def push_many(self, number: int) -> None:
        """Push a whole event. Once acked, its ids make the socket forget older ones."""
        self._push([f"{number}/{item}" for item in range(50)], again=False)

    def _push(self, ids: list[str], *, again: bool) -> None:
        number = next(self.numbers)
        push = self.world.pushes[number] = _Push(ids)
        remembered = self.world.remembered
        to_send = self.socket.push(number, ids, again=again)
        missing = [item_id for item_id in ids if item_id not in remembered]
        push.missing = set(missing)
        if missing:
            send = [item_id for item_id in missing if again or item_id not in self.outstanding]
            assert to_send == send
        else:
            assert to_send is None
            push.reported += 1
        if to_send:
            self.world.emissions.append(to_send)
            self.unacked.append(to_send)
            self.outstanding.update(to_send)

    @precondition(lambda self: self.unacked)
    @rule(data=st.data())
    def ack(self, data: st.DataObject) -> None:
        """Ack any emission."""
        self._ack(self.unacked.pop(data.draw(st.integers(0, len(self.unacked) - 1))))

    @precondition(lambda self: self.world.emissions)
    @rule(data=st.data())
    def ack_late(self, data: st.DataObject) -> None:
        """Ack late, or a second time."""
        self._ack(data.draw(st.sampled_from(self.world.emissions)))

    def _ack(self, ids: Sequence[str]) -> None:
        waiting = self._waiting()
        acked_pushes = self.socket.ack(ids)
        self.world.acks += ids
        self.outstanding.difference_update(ids)
        assert acked_pushes == sorted(set(acked_pushes))
        for at in waiting:
            self.world.pushes[at].missing.difference_update(ids)
            self.world.pushes[at].forgotten = (
                bool(acked_pushes) and at < acked_pushes[-1] and at not in acked_pushes
            )
        for number in acked_pushes:
            self.world.pushes[number].reported += 1
        acked = set(self.world.acks)
        for number in waiting:
            push = self.world.pushes[number]
            if push.reported:
                assert acked.issuperset(push.ids), "the push was reported as acked too early"
        self.outstanding &= set().union(*(self.world.pushes[at].missing for at in self._waiting()))

    def _waiting(self) -> set[int]:
        pushes = self.world.pushes.items()
        return {at for at, push in pushes if not push.reported and not push.forgotten}

    @invariant()
    def each_push_is_reported_once_and_none_is_forgotten(self) -> None:
        """A push stops waiting when all its ids are acked."""
        assert all(push.reported <= 1 for push in self.world.pushes.values())
        assert self.socket._waiting.keys() == self._waiting()
        assert all(self.socket._waiting.values()), "each waiting push has an unacked id"

    @invariant()
    def it_is_quiet_when_nothing_is_outstanding(self) -> None:
        """The socket is quiet if and only if each emitted id is acked."""
        assert self.socket.is_quiet == (not self.outstanding)

    @invariant()
    def it_remembers_no_more_than_it_must(self) -> None:
        """The socket remembers acked ids of two events at most."""
        assert len(self.socket._acked) <= _REMEMBERED
        assert self.socket._sent == self.outstanding


TestSocketAgainstTheModel = SocketAgainstTheModel.TestCase
TestSocketAgainstTheModel.settings = effort(60)


def _ids(start: int, stop: int) -> list[str]:
    return [str(number) for number in range(start, stop)]


def test_push_of_ids_in_flight_waits_for_their_ack() -> None:
    socket = Socket()
    assert socket.push(1, ["a", "b"], again=False) == ["a", "b"]
    assert socket.push(2, ["b", "a"], again=False) == []
    assert socket.ack(["a", "b"]) == [1, 2]
    assert socket.ack(["a", "b"]) == []


def test_only_new_ids_of_an_overlapping_push_are_sent() -> None:
    socket = Socket()
    socket.push(1, ["a", "b"], again=False)
    assert socket.push(2, ["b", "c"], again=False) == ["c"]
    assert socket.ack(["c"]) == []
    assert socket.ack(["a", "b"]) == [1, 2]


def test_repeated_push_is_sent_and_either_ack_counts() -> None:
    socket = Socket()
    socket.push(1, ["a"], again=False)
    assert socket.push(2, ["a"], again=True) == ["a"]
    assert socket.ack(["a"]) == [1, 2]
    assert socket.is_quiet


def test_recently_acked_ids_count_at_once_even_when_pushed_again() -> None:
    socket = Socket()
    socket.push(1, ["a"], again=False)
    socket.ack(["a"])
    assert socket.push(2, ["a"], again=False) is None
    assert socket.push(3, ["a"], again=True) is None


def test_oldest_acked_id_is_forgotten_first_and_sent_again() -> None:
    socket = Socket()
    socket.push(1, _ids(0, 50), again=False)
    socket.ack(_ids(0, 50))
    socket.push(2, _ids(50, 100), again=False)
    socket.ack(_ids(50, 100))
    assert socket.push(3, _ids(0, 100), again=False) is None, "two whole events are remembered"
    socket.ack(["0"])  # a second ack makes "0" the last acked id
    socket.push(4, ["new"], again=False)
    socket.ack(["new"])
    assert socket.push(5, ["0", "2"], again=False) is None
    assert socket.push(6, ["0", "1", "2"], again=False) == ["1"]
