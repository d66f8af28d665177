"""One socket at the edge against a naive model: several owners push, one client acknowledges."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from delivery.core.socket import Socket, SocketPush
from tests.delivery.core.effort import effort

#: Acknowledged ids that a socket remembers: two events' worth.
_REMEMBERED = 100


@dataclass
class _Push:
    """One owner's push, as an owner would keep it."""

    ids: Sequence[str]
    missing: set[str] = field(default_factory=set)
    """What the client has not acknowledged of it, when it came and since."""
    reported: int = 0
    """How often it was told that the client has all of it."""
    forgotten: bool = False
    """A later one was acknowledged wholly, so that nobody waits for this one any more."""


@dataclass
class _World:
    """The naive model: every push and emission there ever was, and the acks in their order."""

    pushes: dict[int, _Push] = field(default_factory=dict)
    emissions: list[Sequence[str]] = field(default_factory=list)
    acks: list[str] = field(default_factory=list)

    @property
    def remembered(self) -> set[str]:
        """The ids that were acknowledged last, the most recent 100 of them."""
        latest: list[str] = []
        for name in reversed(self.acks):
            if name not in latest:
                latest.append(name)
            if len(latest) == _REMEMBERED:
                break
        return set(latest)


class SocketAgainstTheModel(RuleBasedStateMachine):
    """Pushes of few ids, so that those of several owners overlap."""

    def __init__(self) -> None:
        super().__init__()
        self.socket = Socket()
        self.world = _World()
        self.numbers = count()
        self.outstanding: set[str] = set()  # emitted since it was last acknowledged
        self.unacked: list[Sequence[str]] = []  # emissions that the client may yet acknowledge

    @rule(
        ids=st.lists(st.integers(0, 30).map(str), min_size=1, max_size=6, unique=True),
        again=st.booleans(),
    )
    def push(self, ids: list[str], again: bool) -> None:
        """Whichever owner's."""
        self._push(ids, again=again)

    @rule(number=st.integers(0, 3))
    def push_many(self, number: int) -> None:
        """A whole event, of ids that make the socket forget others once acknowledged."""
        self._push([f"{number}/{name}" for name in range(50)], again=False)

    def _push(self, ids: list[str], *, again: bool) -> None:
        number = next(self.numbers)
        push = self.world.pushes[number] = _Push(ids)
        remembered = self.world.remembered
        handling = self.socket.push(number, ids, again=again)
        missing = [name for name in ids if name not in remembered]
        push.missing = set(missing)
        if missing:
            send = [name for name in missing if again or name not in self.outstanding]
            assert handling == SocketPush(send, acked=False)
        else:
            assert handling == SocketPush((), acked=True)
            push.reported += 1
        if handling.send:
            self.world.emissions.append(handling.send)
            self.unacked.append(handling.send)
            self.outstanding.update(handling.send)

    @precondition(lambda self: self.unacked)
    @rule(data=st.data())
    def ack(self, data: st.DataObject) -> None:
        """The client acknowledges an emission, whichever comes to its mind."""
        self._ack(self.unacked.pop(data.draw(st.integers(0, len(self.unacked) - 1))))

    @precondition(lambda self: self.world.emissions)
    @rule(data=st.data())
    def ack_late(self, data: st.DataObject) -> None:
        """An acknowledgement that was delayed, or comes a second time."""
        self._ack(data.draw(st.sampled_from(self.world.emissions)))

    def _ack(self, ids: Sequence[str]) -> None:
        waiting = self._waiting()
        done = self.socket.ack(ids)
        self.world.acks += ids
        self.outstanding.difference_update(ids)
        assert done == sorted(set(done))
        for at in waiting:
            self.world.pushes[at].missing.difference_update(ids)
            self.world.pushes[at].forgotten = bool(done) and at < done[-1] and at not in done
        for number in done:
            self.world.pushes[number].reported += 1
        acked = set(self.world.acks)
        for number in waiting:
            push = self.world.pushes[number]
            if push.reported:
                assert acked.issuperset(push.ids), "told too early"
        self.outstanding &= set().union(*(self.world.pushes[at].missing for at in self._waiting()))

    def _waiting(self) -> set[int]:
        pushes = self.world.pushes.items()
        return {at for at, push in pushes if not push.reported and not push.forgotten}

    @invariant()
    def each_push_is_reported_once_and_none_is_forgotten(self) -> None:
        """A push whose ids were all acknowledged after it came cannot wait on."""
        assert all(push.reported <= 1 for push in self.world.pushes.values())
        assert self.socket._waiting.keys() == self._waiting()
        assert all(self.socket._waiting.values()), "a push that waits for nothing"

    @invariant()
    def it_is_quiet_when_nothing_is_outstanding(self) -> None:
        """What was emitted is outstanding until it was acknowledged."""
        assert self.socket.is_quiet == (not self.outstanding)

    @invariant()
    def it_remembers_no_more_than_it_must(self) -> None:
        """What is acknowledged costs no memory beyond two events' worth."""
        assert len(self.socket._acked) <= _REMEMBERED
        assert self.socket._sent == self.outstanding


TestSocketAgainstTheModel = SocketAgainstTheModel.TestCase
TestSocketAgainstTheModel.settings = effort(60)


def _ids(start: int, stop: int) -> list[str]:
    return [str(number) for number in range(start, stop)]


def test_push_of_ids_on_their_way_joins_their_ack() -> None:
    socket = Socket()
    assert socket.push(1, ["a", "b"], again=False) == SocketPush(["a", "b"], acked=False)
    assert socket.push(2, ["b", "a"], again=False) == SocketPush([], acked=False)
    assert socket.ack(["a", "b"]) == [1, 2]
    assert socket.ack(["a", "b"]) == []


def test_only_new_ids_of_an_overlapping_push_are_sent() -> None:
    socket = Socket()
    socket.push(1, ["a", "b"], again=False)
    assert socket.push(2, ["b", "c"], again=False) == SocketPush(["c"], acked=False)
    assert socket.ack(["c"]) == []
    assert socket.ack(["a", "b"]) == [1, 2]


def test_push_again_is_sent_and_either_ack_counts() -> None:
    socket = Socket()
    socket.push(1, ["a"], again=False)
    assert socket.push(2, ["a"], again=True) == SocketPush(["a"], acked=False)
    assert socket.ack(["a"]) == [1, 2]
    assert socket.is_quiet


def test_recently_acked_ids_count_at_once_even_when_pushed_again() -> None:
    socket = Socket()
    socket.push(1, ["a"], again=False)
    socket.ack(["a"])
    assert socket.push(2, ["a"], again=False) == SocketPush((), acked=True)
    assert socket.push(3, ["a"], again=True) == SocketPush((), acked=True)


def test_oldest_acked_id_is_forgotten_first_and_sent_again() -> None:
    socket = Socket()
    socket.push(1, _ids(0, 50), again=False)
    socket.ack(_ids(0, 50))
    socket.push(2, _ids(50, 100), again=False)
    socket.ack(_ids(50, 100))
    assert socket.push(3, _ids(0, 100), again=False).acked, "two whole events are remembered"
    socket.ack(["0"])  # late, a second time: it is the latest now
    socket.push(4, ["new"], again=False)
    socket.ack(["new"])
    assert socket.push(5, ["0", "2"], again=False).acked
    assert socket.push(6, ["0", "1", "2"], again=False) == SocketPush(["1"], acked=False)
