"""A rebalance does not wait for fetches that wait at the end of a quiet log.

The fetches of this test wait longer than a rebalance may wait for an answer.
"""

from functools import partial

import pytest
from aiokafka import AIOKafkaConsumer

from delivery import metrics
from delivery.consume import group_member
from tests.integration.delivery.member import Member
from tests.services.waiting import eventually
from tests.services.world import World

_FETCH_MS = 5_000


async def test_a_rebalance_does_not_wait_for_fetches(
    world: World,
    stack_env: dict[str, str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert world.group
    consumer = partial(AIOKafkaConsumer, fetch_max_wait_ms=_FETCH_MS)
    monkeypatch.setattr(group_member, "AIOKafkaConsumer", consumer)
    first, second = Member(stack_env), Member(stack_env)
    with caplog.at_level("WARNING", logger="delivery"):
        async with first.running():
            before = _rebalances()
            # The first member keeps some partitions, and loads the others when the second member
            # leaves.
            async with second.running():
                await eventually(lambda: _reached(before + 2))
            await eventually(lambda: _reached(before + 3))
    assert [record.message for record in caplog.records if record.name.startswith("delivery")] == []


async def _reached(count: float) -> bool:
    return _rebalances() >= count


def _rebalances() -> float:
    (family,) = metrics.REBALANCES.collect()
    return next(sample.value for sample in family.samples if sample.name.endswith("_count"))
