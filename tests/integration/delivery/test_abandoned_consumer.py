"""A consumer that does not stop in time ends without errors in the log."""

import asyncio
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer

from delivery.consume import group_member
from tests.integration.delivery.member import Member
from tests.services.waiting import eventually
from tests.services.world import World


async def test_an_abandoned_consumer_ends_its_fetches_and_heartbeats(
    world: World,
    stack_env: dict[str, str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert world.group
    monkeypatch.setattr(group_member, "_LEAVE_SECONDS", 0.1)
    member = Member(stack_env)

    async def is_fetching() -> bool:
        return bool(member.consumer._fetcher._pending_tasks)

    with caplog.at_level("WARNING"):
        async with member.running():
            await eventually(is_fetching)
            coordinator = member.consumer._coordinator
            monkeypatch.setattr(AIOKafkaConsumer, "stop", _never)  # as it may during a rebalance
    assert coordinator._heartbeat_task.done(), "it would log an error when it next beats"
    assert [record.message for record in caplog.records] == ["kafka consumer abandoned"]


async def _never(consumer: Any) -> None:
    consumer._closed = True
    await asyncio.get_running_loop().create_future()
