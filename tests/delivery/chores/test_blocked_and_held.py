"""Other tasks run while many acks are set aside, and while many held records are checked."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Coroutine
from contextlib import asynccontextmanager
from types import SimpleNamespace as Namespace
from typing import Any, cast

import pytest

from delivery.chores import release_held as held_module
from delivery.chores import set_aside_blocked as blocked_module
from delivery.chores.release_held import release_held
from delivery.chores.set_aside_blocked import set_aside_blocked
from delivery.delivered.failed_ack import FailedAck
from delivery.delivered.writer import DeliveredWriter
from delivery.inbox import Inbox
from delivery.push.owner import Owner
from delivery.receipts.owed_receipts import Delivered, OwedReceipts
from delivery.receipts.queue import Receipts
from producer_api.contract.partitioning import partition_of
from runtime import slices
from tests.delivery.push.rig import OwnerRig, held

_COUNT = 20
#: The time of an ack, in Unix milliseconds, if the wall clock has been set back since.
_FUTURE = 2**42
_USERS = [user for user in map(str, range(100)) if partition_of(user, 2) == 0][:_COUNT]


@pytest.fixture(autouse=True)
def _short_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "SLICE_SECONDS", 0)
    monkeypatch.setattr(held_module, "_INTERVAL_SECONDS", 0)
    monkeypatch.setattr(blocked_module, "_INTERVAL_SECONDS", 0)
    monkeypatch.setattr(blocked_module, "_BLOCKED_SECONDS", 0)


@asynccontextmanager
async def _running(chore: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(chore)
    try:
        async with asyncio.timeout(10):
            yield
    finally:
        task.cancel()
        await asyncio.wait((task,))


async def _seen(count: Callable[[], int], last: int) -> set[int]:
    """Return the counts that another task sees, until it sees the last one."""
    seen = {count()}
    while count() != last:
        await asyncio.sleep(0)
        seen.add(count())
    return seen


class _Blocked:
    """Acks that have failed alone, and a stand-in for an owner."""

    def __init__(self, count: int) -> None:
        self.set_aside: list[str] = []
        self.owner = cast(Owner, Namespace(set_aside=lambda user, _: self.set_aside.append(user)))
        self.writer = DeliveredWriter(
            cast(Inbox, None), cast(OwedReceipts, None), cast(Receipts, None)
        )
        acks = [
            FailedAck(_FUTURE, 0.0, Delivered(str(number), ["n"], 1), lambda: None, [])
            for number in range(count)
        ]
        self.writer._retries._alone |= dict.fromkeys(acks)

    def written(self, number: int) -> None:
        """Let the ack with this number be written."""
        alone = self.writer._retries._alone
        del alone[next(ack for ack in alone if ack.delivered.user == str(number))]


async def test_other_tasks_run_between_the_blocked_acks() -> None:
    blocked = _Blocked(_COUNT)
    async with _running(set_aside_blocked(blocked.writer, blocked.owner)):
        seen = await _seen(lambda: len(blocked.set_aside), _COUNT)
    assert seen >= set(range(1, _COUNT)), "one ack at a time"


async def test_an_ack_that_is_written_before_its_turn_is_not_set_aside() -> None:
    blocked = _Blocked(3)
    async with _running(set_aside_blocked(blocked.writer, blocked.owner)):
        await _seen(lambda: len(blocked.set_aside), 1)
        blocked.written(2)
        await _seen(lambda: len(blocked.set_aside), 4)
    assert blocked.set_aside == ["0", "1", "0", "1"]


async def test_the_number_of_blocked_acks_that_are_set_aside_is_limited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(blocked_module, "_MOST_SET_ASIDE", 2)
    blocked = _Blocked(3)
    async with _running(set_aside_blocked(blocked.writer, blocked.owner)):
        await _seen(lambda: len(blocked.set_aside), 4)
        assert blocked.set_aside == ["0", "1", "0", "1"], "the first ones, each time"
        blocked.written(0)
        await _seen(lambda: blocked.set_aside.count("2"), 1)


async def test_other_tasks_run_between_the_held_records() -> None:
    rig = OwnerRig(hold=True)
    rig.adopt(1, {0, 1})
    rig.assign(0, 1)
    for user in _USERS:
        rig.feed(user)
    turns = 0
    asked_at: list[int] = []

    async def still_owed(_users: Collection[str], _ids: Collection[str]) -> set[str]:
        asked_at.append(turns)
        return set()

    inbox = cast(Inbox, Namespace(still_owed=still_owed))
    seen = set()
    async with _running(release_held(inbox, rig.owner, rig.push.driver)):
        while count := len(held(rig.owner)):
            seen.add(count)
            turns += 1
            await asyncio.sleep(0)
    assert asked_at[0] >= _COUNT, "one user at a time"
    assert seen >= set(range(1, _COUNT)), "one record at a time"
