"""Watches and ends the private tasks that aiokafka runs for a consumer."""

import asyncio
import logging
from collections.abc import Collection
from contextlib import suppress
from typing import Any, NoReturn

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from delivery.consume.generation import member_id_of
from delivery.consume.remove_member import remove_member

_log = logging.getLogger(__name__)

#: How long the brokers may take to answer when a consumer does not stop by itself.
_LEAVE_SECONDS = 1.0
#: How many times a task is cancelled, and how long it may take to end each time.
_TURNS, _TURN_SECONDS = 10, 0.05


class ConsumerTaskEndedError(Exception):
    """A task of aiokafka has ended while its consumer was in use. Only a new consumer helps."""


async def until_one_ends(consumer: AIOKafkaConsumer) -> NoReturn:
    """Wait until one of the consumer's tasks has ended. Raises `ConsumerTaskEndedError`.

    aiokafka reports only the end of the coordinator's task: the next fetch raises its error. It
    never reports the end of the others. Without the fetcher's task, every fetch returns nothing.
    """
    tasks = _tasks(consumer)
    done, _ = await asyncio.wait(tasks.values(), return_when=asyncio.FIRST_COMPLETED)
    name, task = next((name, task) for name, task in tasks.items() if task in done)
    cause = None if task.cancelled() else task.exception()
    raise ConsumerTaskEndedError(f"aiokafka's {name} task has ended") from cause


async def end(consumer: AIOKafkaConsumer, seconds: float) -> None:
    """Leave the group and stop the consumer, in `seconds` plus about two seconds at most.

    aiokafka's tasks have ended when this returns or is cancelled. Otherwise, they could keep this
    instance in the group, and its partitions away from other members. Raises no Kafka error.
    """
    stopping = asyncio.create_task(consumer.stop())
    try:
        await asyncio.wait((stopping,), timeout=seconds)
        if not stopping.done():
            _log.warning("kafka consumer abandoned", extra={"seconds": seconds})
            await _leave(consumer)
    finally:
        # One cancellation is not enough: aiokafka swallows some while it waits for its own tasks.
        for _ in range(_TURNS):
            # Look again each time: the coordinator's task may just have started its heartbeats.
            tasks = (stopping, *_tasks(consumer).values(), *_fetches(consumer))
            if not await _cancel((*tasks, *_group_tasks(consumer))):
                break
        with suppress(TimeoutError):
            async with asyncio.timeout(_LEAVE_SECONDS):
                await consumer._client.close()  # noqa: SLF001 - `stop` may not get this far
    if not stopping.cancelled() and isinstance(error := stopping.exception(), Exception):
        _log.warning("kafka consumer abandoned", extra={"cause": repr(error)})


async def _leave(consumer: AIOKafkaConsumer) -> None:
    """Ask the coordinator, over another connection, to remove this member from the group.

    While the group rebalances, `stop` first waits for the end of the rebalance. If this member only
    disappeared, the group would assign partitions to it, and nobody would serve them until its
    session ends.
    """
    if member := member_id_of(consumer):
        with suppress(KafkaError, OSError, TimeoutError):
            await remove_member(consumer, member, _LEAVE_SECONDS)


async def _cancel(tasks: Collection["asyncio.Task[Any]"]) -> bool:
    """Cancel the tasks that have not ended, and return whether there were any."""
    remaining = [task for task in tasks if not task.done()]
    for task in remaining:
        task.cancel()
    if remaining:
        await asyncio.wait(remaining, timeout=_TURN_SECONDS)
    return bool(remaining)


def _fetches(consumer: AIOKafkaConsumer) -> "frozenset[asyncio.Task[Any]]":
    """Return the tasks that wait for fetches. They outlive the fetcher's task if it is cancelled.

    aiokafka would log an error for each task that still waits when the connection is closed.
    """
    fetcher = consumer._fetcher  # noqa: SLF001
    return frozenset() if fetcher is None else frozenset(fetcher._pending_tasks)  # noqa: SLF001


def _group_tasks(consumer: AIOKafkaConsumer) -> "list[asyncio.Task[Any]]":
    """Return the tasks that the coordinator's task starts, and leaves behind if it is cancelled.

    aiokafka would log errors for a heartbeat that is under way when its connection is closed.
    """
    names = ("_heartbeat_task", "_commit_refresh_task")
    found = (getattr(consumer._coordinator, name, None) for name in names)  # noqa: SLF001
    return [task for task in found if task is not None]


def _tasks(consumer: AIOKafkaConsumer) -> dict[str, "asyncio.Task[Any]"]:
    """Return the tasks that run from the consumer's start to its end, by name."""
    owners = (
        ("coordinator", consumer._coordinator, "_coordination_task"),  # noqa: SLF001
        ("fetcher", consumer._fetcher, "_fetch_task"),  # noqa: SLF001
        ("metadata", consumer._client, "_sync_task"),  # noqa: SLF001
    )
    found = ((name, getattr(owner, task, None)) for name, owner, task in owners)
    return {name: task for name, task in found if task is not None}
