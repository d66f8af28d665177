"""The order of the tests, which keeps all workers busy until the end."""

from collections.abc import Sequence
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
#: These folders come first, in this order: their tests take long and mostly wait. The short tests
#: of the other folders come last, so that the workers end together.
_FIRST = ("acceptance", "cluster", "faults", "delivery/core", "deploy", "integration")
#: The tests of this folder only compute. One worker runs them, while those of the other workers
#: mostly wait for processes.
_COMPUTING = "delivery/core"
#: The tests of this folder share three Kafkas and three mongods, so one worker runs them.
_CLUSTER = "cluster"


def in_turn(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return the items in the order in which they should run.

    Puts the tests that only compute into one group, and those of the cluster into another. Each
    folder's tests that restart parts are also a group, because each worker that runs one of them
    starts a Kafka and a MongoDB for them. One worker runs all tests of a group.
    """
    for item in items:
        if _is_in(item, _COMPUTING):
            item.add_marker(pytest.mark.xdist_group(_COMPUTING))
        elif _is_in(item, _CLUSTER):
            item.add_marker(pytest.mark.xdist_group(_CLUSTER))
        elif item.get_closest_marker("restarts_parts") is not None:
            folder = item.path.relative_to(_HERE).parts[0]
            item.add_marker(pytest.mark.xdist_group(f"restarts parts of {folder}"))
    return sorted(items, key=_turn)


def _turn(item: pytest.Item) -> tuple[int, bool]:
    """Return the sort key of a test. Those of a folder that restart parts stay together."""
    turns = (turn for turn, folder in enumerate(_FIRST) if _is_in(item, folder))
    return next(turns, len(_FIRST)), item.get_closest_marker("restarts_parts") is None


def _is_in(item: pytest.Item, folder: str) -> bool:
    return item.path.is_relative_to(_HERE / folder)
