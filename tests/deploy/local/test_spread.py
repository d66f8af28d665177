"""Which instance a new connection goes to."""

from collections import Counter
from contextlib import ExitStack

from deploy.local.spread import Spread

_ALL = ["a", "b", "c"]


def test_connections_are_spread_evenly() -> None:
    spread = Spread()
    chosen: Counter[str] = Counter()
    with ExitStack() as connections:
        for _ in range(9):
            url = spread.choose(_ALL, 0)
            chosen[url] += 1
            connections.enter_context(spread.counted(url))
    assert set(chosen.values()) == {3}


def test_one_that_joins_later_is_filled_up_first() -> None:
    spread = Spread()
    with spread.counted("a"), spread.counted("b"):
        assert spread.choose(_ALL, 0) == "c"


def test_a_connection_that_ended_counts_no_more() -> None:
    spread = Spread()
    with spread.counted("b"):
        with spread.counted("a"):
            pass
        assert spread.choose(["b", "a"], 0) == "a"


def test_a_spared_one_is_passed_over_for_a_while() -> None:
    spread = Spread()
    with spread.counted("b"):
        spread.spare("a", 10)
        assert spread.choose(["a", "b"], 11) == "b"
        assert spread.choose(["a", "b"], 12) == "a"


def test_spared_ones_are_tried_where_there_is_no_other() -> None:
    spread = Spread()
    spread.spare("a", 10)
    assert spread.choose(["a"], 10) == "a"
