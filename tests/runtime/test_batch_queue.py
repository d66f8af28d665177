"""The queue compared with a plain list, and the moments at which waiting tasks wake up."""

import asyncio

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from runtime.batch_queue import BatchQueue


class _AgainstAList(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.queue: BatchQueue[int] = BatchQueue()
        self.naive: list[int] = []

    @rule(item=st.integers())
    def add(self, item: int) -> None:
        self.queue.add(item)
        self.naive.append(item)

    @rule(items=st.lists(st.integers(), max_size=5))
    def extend(self, items: list[int]) -> None:
        self.queue.extend(items)
        self.naive += items

    @precondition(lambda self: self.naive)
    @rule()
    def pop(self) -> None:
        assert self.queue.pop() == self.naive.pop(0)

    @rule(count=st.integers(0, 5))
    def take(self, count: int) -> None:
        expected, self.naive = self.naive[:count], self.naive[count:]
        assert self.queue.take(count) == expected

    @rule(count=st.integers(0, 5))
    def drop_oldest(self, count: int) -> None:
        oldest = self.queue.oldest(count)
        assert oldest == self.naive[:count]
        self.queue.drop(len(oldest))
        del self.naive[: len(oldest)]

    @invariant()
    def holds_the_same(self) -> None:
        assert list(self.queue) == self.naive
        assert len(self.queue) == len(self.naive)
        assert bool(self.queue) == bool(self.naive)
        assert self.queue._filled.is_set() == bool(self.naive), "readers wait only if it is empty"


TestAgainstAList = _AgainstAList.TestCase


async def test_readers_wait_again_when_another_reader_has_taken_all_items() -> None:
    queue: BatchQueue[int] = BatchQueue()
    taken: list[list[int]] = []

    async def read() -> None:
        await queue.until_filled()
        taken.append(queue.take(9))

    readers = [asyncio.create_task(read()) for _ in range(2)]
    await asyncio.sleep(0)
    queue.extend([1, 2])
    async with asyncio.timeout(10):
        await asyncio.wait(readers, return_when=asyncio.FIRST_COMPLETED)
        assert taken == [[1, 2]]
        queue.add(3)
        await asyncio.wait(readers)
    assert taken == [[1, 2], [3]]


async def test_until_at_most_waits_until_enough_items_are_removed() -> None:
    queue: BatchQueue[int] = BatchQueue()
    await queue.until_at_most(0)
    queue.extend(range(5))
    waiting = [asyncio.create_task(queue.until_at_most(count)) for count in (3, 0)]
    queue.drop(1)
    await asyncio.sleep(0)
    assert not any(waiter.done() for waiter in waiting)
    queue.drop(1)
    async with asyncio.timeout(10):
        await waiting[0]
        assert not waiting[1].done()
        queue.take(9)
        await waiting[1]
