"""What the parent does when workers end or do not answer."""

import pytest

from runtime.workers.roster import GiveUp, Roster, StartAgain


def _serving(count: int = 2, now: float = 0.0) -> Roster:
    roster = Roster(count)
    for number in range(1, count + 1):
        roster.answered(number, now)
    return roster


@pytest.mark.parametrize(("status", "told"), [(3, 3), (1, 1), (0, 1), (-9, 1)])
def test_a_worker_that_never_served_ends_the_parent(status: int, told: int) -> None:
    roster = Roster(2)
    roster.answered(1, 0)
    assert roster.ended(2, status, 1) == GiveUp(told)


def test_pauses_grow_and_the_last_is_repeated_while_another_worker_is_well() -> None:
    roster = _serving()
    pauses = []
    for second in range(8):
        roster.answered(2, second)
        pauses.append(roster.ended(2, -9, second))
    assert pauses == [StartAgain(pause) for pause in (0.5, 1, 2, 4, 8, 8, 8, 8)]


def test_an_end_after_a_long_healthy_time_counts_as_the_first_one() -> None:
    roster = _serving()
    assert [roster.ended(2, 1, 1), roster.ended(2, 1, 2)] == [StartAgain(0.5), StartAgain(1)]
    roster.answered(2, 3)
    roster.answered(2, 32)
    assert roster.ended(2, 1, 33) == StartAgain(0.5)


def test_a_worker_that_dies_before_it_answers_again_keeps_its_count_of_ends() -> None:
    roster = _serving()
    roster.ended(2, 1, 1)
    assert roster.ended(2, 1, 500) == StartAgain(1)


def test_the_parent_gives_up_when_all_workers_keep_ending() -> None:
    roster = _serving()
    for number in (1, 2):
        for second in range(5):
            assert isinstance(roster.ended(number, 1, second), StartAgain)
    assert isinstance(roster.ended(1, 1, 20), StartAgain), "worker 2 has not ended too often yet"
    assert roster.ended(2, -11, 21) == GiveUp(1)


def test_a_worker_that_is_well_again_lets_the_others_be_tried() -> None:
    roster = _serving()
    for number in (1, 2):
        for second in range(5):
            roster.ended(number, 1, second)
    roster.ended(1, 1, 20)
    roster.answered(1, 30)
    assert roster.ended(2, 1, 59.9) == GiveUp(1)
    assert isinstance(roster.ended(2, 1, 60), StartAgain)


def test_a_worker_hangs_after_two_misses_in_a_row() -> None:
    roster = _serving()
    assert not roster.missed(1)
    roster.answered(1, 5)
    assert [roster.missed(1), roster.missed(1)] == [False, True]
    roster.ended(1, -9, 10)
    assert not roster.missed(1), "a new process begins with no misses"
