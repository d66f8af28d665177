"""Several instances watch each other on a network that refuses some of their connections."""

from collections.abc import Collection

from hypothesis import given
from hypothesis import strategies as st

from delivery.core.gone_peers import GonePeers
from tests.delivery.core.effort import effort

_STEP_SECONDS = 0.1
_MOST = 6

_Pairs = Collection[tuple[int, int]]
_PAIRS = st.sets(st.tuples(st.integers(0, _MOST - 1), st.integers(0, _MOST - 1)), max_size=20)


class _Group:
    """A consumer group. Its members learn of refused connections, and of reports, at once."""

    def __init__(self, count: int) -> None:
        self.addresses = [f"http://{number}:1" for number in range(count)]
        self.dead: set[int] = set()
        self.removed: list[tuple[float, int]] = []
        self._owners = set(self.addresses)
        self._members = {number: f"m{number}" for number in range(count)}
        self._cores = [GonePeers(address) for address in self.addresses]
        self._links: set[tuple[int, int]] = set()
        self._now = 100.0
        self._adopt()

    def run(self, seconds: float, refused: _Pairs = ()) -> None:
        """Let time pass, while the two instances of each pair in `refused` refuse each other."""
        until = self._now + seconds
        while self._now < until:
            self._now += _STEP_SECONDS
            for observer in self._living():
                for owner in range(len(self.addresses)):
                    if observer != owner:
                        is_cut = {(observer, owner), (owner, observer)} & set(refused)
                        self._check(observer, owner, is_refused=owner in self.dead or bool(is_cut))
            for observer in self._living():
                self._remove(observer)

    def _living(self) -> list[int]:
        return [number for number in range(len(self.addresses)) if number not in self.dead]

    def _check(self, observer: int, owner: int, *, is_refused: bool) -> None:
        core, address = self._cores[observer], self.addresses[owner]
        is_linked = (observer, owner) in self._links
        if is_refused and is_linked:
            self._links.discard((observer, owner))
            core.lost(address)
        elif is_refused:
            core.refused(address, self._now)
        elif not is_linked:
            self._links.add((observer, owner))
            core.met(address, f"process {owner}", self._now)
        if not is_refused:
            core.reported(address, self._members[owner], self._cores[owner].gone(self._now))

    def _remove(self, observer: int) -> None:
        core = self._cores[observer]
        if (removal := core.due(self._now)) is None:
            return
        number = self.addresses.index(removal.address)
        was_member = self._members[number] == removal.member
        core.done(removal, self._now, was_member=was_member)
        if was_member:
            self.removed.append((self._now, number))
            # A removed member that is alive joins again at once, and gets another id.
            self._members[number] = f"{removal.member}'"
            if number in self.dead:
                self._owners.discard(removal.address)
            self._adopt()

    def _adopt(self) -> None:
        for number in self._living():
            self._cores[number].adopt(self._owners, self._members[number], self._now)


@given(st.integers(2, _MOST), st.data())
@effort(40)
def test_killed_instances_are_removed_once_and_soon_if_they_are_few(
    count: int, data: st.DataObject
) -> None:
    group = _Group(count)
    group.run(1)
    most = max(1, (count - 1) // 2)
    group.dead = data.draw(st.sets(st.integers(0, count - 1), min_size=1, max_size=most))
    group.run(4)
    assert {number for _, number in group.removed} == group.dead
    assert len(group.removed) == len(group.dead)


@given(st.integers(3, _MOST), _PAIRS)
@effort(40)
def test_an_instance_that_half_of_the_others_reach_is_never_removed(
    count: int, refused: set[tuple[int, int]]
) -> None:
    group = _Group(count)
    group.run(1)
    group.run(10, refused)
    for _, number in group.removed:
        refusing = {pair for pair in refused if number in pair and pair[0] != pair[1]}
        peers = {other for pair in refusing for other in pair if other < count} - {number}
        assert len(peers) * 2 > count - 1


@given(st.integers(2, _MOST), st.lists(_PAIRS, max_size=8))
@effort(40)
def test_a_network_that_refuses_now_and_then_causes_no_storm(
    count: int, spells: list[set[tuple[int, int]]]
) -> None:
    group = _Group(count)
    group.run(1)
    for refused in spells:
        group.run(3, refused)
        group.run(1)
    numbers = [number for _, number in group.removed]
    # After a wrong removal, an instance removes nobody for longer than this test lasts.
    assert len(numbers) == len(set(numbers))
    assert len(numbers) <= count
