"""If a part ends again and again, the pause before its restart grows, until `make run` gives up."""

from hypothesis import given
from hypothesis import strategies as st

from deploy.local.restarts import Restarts


def test_the_pause_grows_until_the_part_is_given_up() -> None:
    part = Restarts()
    assert [part.pause_after(0) for _ in range(6)] == [0.5, 1, 2, 4, 8, None]


def test_the_pauses_begin_again_after_a_part_was_ready_for_30_seconds() -> None:
    part = Restarts()
    for _ in range(3):
        part.pause_after(29)
    assert part.pause_after(30) == 0.5
    assert part.pause_after(29) == 1


@given(st.lists(st.floats(0, 29), min_size=6))
def test_no_part_is_started_more_than_five_times_in_a_row(ready: list[float]) -> None:
    part = Restarts()
    assert [part.pause_after(seconds) for seconds in ready][5:] == [None] * (len(ready) - 5)
