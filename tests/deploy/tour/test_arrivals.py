"""What arrived is compared with what was created."""

from hypothesis import given
from hypothesis import strategies as st

from deploy.tour.arrivals import Arrivals, compare, moved, total

_IDS = st.lists(st.text("abcdef", min_size=1, max_size=2), unique=True, max_size=8)


def test_a_missing_a_repeated_and_a_late_id_are_told_apart() -> None:
    assert compare("abc", "abc").exact
    assert compare("abc", "ac") == Arrivals(3, 1, 0, True)
    assert compare("abc", "abbc") == Arrivals(3, 0, 1, True)
    assert compare("abc", "acb") == Arrivals(3, 0, 0, False)
    assert compare("abc", "xabc").exact
    for received in ("ac", "abbc", "acb"):
        assert not compare("abc", received).exact


@given(_IDS, st.data())
def test_a_repeat_does_not_change_the_order(created: list[str], data: st.DataObject) -> None:
    received = list(created)
    for one in created:
        after = received.index(one) + 1
        received.insert(data.draw(st.integers(after, len(received))), one)
    arrivals = compare(created, received)
    assert (arrivals.missing, arrivals.repeated, arrivals.in_order) == (0, len(created), True)


@given(_IDS, _IDS)
def test_the_order_is_that_of_creation(created: list[str], received: list[str]) -> None:
    places = [created.index(one) for one in received if one in created]
    assert compare(created, received).in_order == (places == sorted(places))


def test_a_sum_is_in_order_only_if_all_parts_are() -> None:
    assert total([Arrivals(3, 1, 0, True), Arrivals(2, 0, 1, True)]) == Arrivals(5, 1, 1, True)
    assert not total([Arrivals(1, 0, 0, True), Arrivals(1, 0, 0, False)]).in_order


def test_moved_partitions_are_counted() -> None:
    assert moved(["a", "b", "a"], ["a", "c", "c"]) == 2
