"""The leaders with the latest leader epochs are used, whatever a broker with older ones answers."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import StaleMetadata
from hypothesis import given
from hypothesis import strategies as st

from runtime.topic_metadata import Leader, Topic
from runtime.topic_views import latest, read_views


def _topic(topic_id: str = "new", **terms: int) -> Topic:
    leaders = {int(name[1:]): Leader(epoch, epoch) for name, epoch in terms.items()}
    return Topic(topic_id, len(leaders), 1, leaders)


@pytest.mark.parametrize(
    ("views", "expected"),
    [
        ([_topic(p0=1), _topic(p0=3), _topic(p0=2)], ("new", {0: Leader(3, 3)})),
        ([_topic(p0=1, p1=5), _topic(p0=3)], ("new", {0: Leader(3, 3), 1: Leader(5, 5)})),
        ([_topic("old", p0=9), _topic(p0=1), _topic(p0=1)], ("new", {0: Leader(1, 1)})),
        ([None, _topic(p0=1), _topic(p0=1)], ("new", {0: Leader(1, 1)})),
        ([None, None, _topic(p0=1)], (None, {})),
    ],
)
def test_the_majority_decides_the_topic_and_the_latest_epoch_the_leader(
    views: Sequence[Topic | None], expected: tuple[str | None, dict[int, Leader]]
) -> None:
    assert latest(views) == expected


@pytest.mark.parametrize("views", [[_topic("old", p0=1), _topic(p0=1)], [None, _topic(p0=1)]])
def test_half_of_the_brokers_do_not_decide_which_topic_it_is(views: Sequence[Topic | None]) -> None:
    for each in (views, views[::-1]):
        with pytest.raises(StaleMetadata):
            latest(each)


async def test_nothing_is_left_running_when_the_caller_gives_up_first() -> None:
    asked: list[int] = []

    async def send(node: int, _request: object, **_group: int) -> None:
        asked.append(node)
        if node == 0:
            raise OSError("connection refused")
        await asyncio.get_running_loop().create_future()

    cluster = SimpleNamespace(brokers=lambda: [SimpleNamespace(nodeId=node) for node in (0, 1, 2)])
    client: Any = SimpleNamespace(cluster=cluster, send=send)
    before = asyncio.all_tasks()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await read_views(client, "topic")
    assert asked == [0, 1, 2]
    assert asyncio.all_tasks() <= before


@given(st.lists(st.dictionaries(st.integers(0, 3), st.integers(0, 9)), min_size=1))
def test_no_leader_is_of_an_earlier_term_than_another_broker_knows(
    terms: list[dict[int, int]],
) -> None:
    views = [
        Topic("id", 4, 1, {number: Leader(0, epoch) for number, epoch in each.items()})
        for each in terms
    ]
    _, leaders = latest(views)
    assert {number: leader.epoch for number, leader in leaders.items()} == {
        number: max(each[number] for each in terms if number in each)
        for number in {number for each in terms for number in each}
    }
