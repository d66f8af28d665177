"""The schedule of faults: repeatable, complete, and without two faults of one part in a step."""

from collections import Counter
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from tests.cluster.faults import ACTIONS
from tests.cluster.schedule import KINDS, STORM, schedule

_ROUND = len(KINDS) + 6


def test_every_kind_of_fault_has_an_action() -> None:
    assert ACTIONS.keys() == KINDS.keys()


@given(st.integers())
def test_a_seed_gives_one_schedule(seed: int) -> None:
    steps = list(islice(schedule(seed), _ROUND))
    assert steps == list(islice(schedule(seed), _ROUND))
    assert steps != list(islice(schedule(seed + 1), _ROUND))


@given(st.integers())
def test_each_round_has_every_kind_once_and_storms(seed: int) -> None:
    names = Counter(step.name for step in islice(schedule(seed), _ROUND))
    assert names == {**dict.fromkeys(KINDS, 1), STORM: 6}


@given(st.integers())
def test_a_storm_hits_different_parts(seed: int) -> None:
    for step in islice(schedule(seed), _ROUND):
        parts = [KINDS[fault.kind].part for fault in step.faults]
        assert len(set(parts)) == len(parts)
        assert len(parts) == 1 or step.name == STORM
        for fault in step.faults:
            kind = KINDS[fault.kind]
            assert 0 <= fault.target < kind.targets
            assert kind.shortest <= fault.seconds <= kind.longest
