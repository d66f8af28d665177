"""A rebalance hands over, keeps and resumes partitions. The owner is real, but Kafka is not."""

import asyncio
import time
from types import SimpleNamespace as Namespace
from typing import Any, cast

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from delivery.consume import loading
from delivery.consume import rebalance_listener as module
from delivery.consume.commits import Commits
from delivery.consume.log_watch import LogWatch
from delivery.consume.rebalance_listener import RebalanceFailedError, RebalanceListener
from delivery.core.ownership import Ownership
from delivery.core.tracker import Tracker
from delivery.delivered.writer import DeliveredWriter
from delivery.push import owner as owner_module
from producer_api.contract.partitioning import partition_of
from tests.delivery.push.rig import ELSEWHERE, HERE, USERS, OwnerRig, Sockets

_PLACES = [TopicPartition("notifications", number) for number in (0, 1)]
_ANA = USERS[0]


class _Rig(OwnerRig):
    """A member that has both partitions of generation 5, with a live user in the first."""

    def __init__(self) -> None:
        super().__init__()
        self.diary: list[str] = []
        self.sockets = Sockets()
        self.routes.open("own", self.sockets)
        self.generation = 5
        self.coordinator = Namespace(generation=self.generation)
        self.assignment = RebalanceListener(
            cast(AIOKafkaConsumer, Namespace(_coordinator=self.coordinator, seek=self._seek)),
            self.push,
            cast(DeliveredWriter, Namespace(flush=self._flush)),
            cast(Commits, Namespace(finish=self._finish, begin=lambda _generation: None)),
            self._load,
            lambda generation, ours: self.subscribers.adopt(self._begin(generation), ours),
            cast(
                LogWatch,
                Namespace(
                    check=self._check,
                    check_now=asyncio.Event(),
                    topic_id=self._topic_id,
                    track=lambda _partition, _topic_id: None,
                ),
            ),
        )

    async def assigned(self, *numbers: int, generation: int) -> None:
        """Assign these partitions under that generation."""
        self.coordinator.generation = self.generation = generation
        self._ours = set(numbers)
        await self.assignment.on_partitions_assigned([_PLACES[number] for number in numbers])

    async def live(self) -> None:
        """Assign both partitions, and make the user live."""
        await self.assigned(0, 1, generation=5)
        self.owner.subscribe(_ANA, "own/s1")
        while self.questions:
            self.answer()
        self.diary.clear()

    def _begin(self, generation: int) -> Ownership:
        owners = tuple(HERE if number in self._ours else ELSEWHERE for number in (0, 1))
        return Ownership(generation, owners)

    def _seek(self, tp: TopicPartition, offset: int) -> None:
        self.diary.append(f"seek {tp.partition} to {offset}")

    async def _check(self, _seconds: float, *, in_rebalance: bool) -> None:
        assert in_rebalance
        self.diary.append("look")

    async def _topic_id(self) -> str:
        return "a topic"

    async def _flush(self) -> None:
        while self.to_write:
            self.diary.append(f"written {' '.join(self.write())}")

    async def _finish(self, partitions: Any) -> None:
        offsets = [partition.tracker.next_to_commit for partition in partitions]
        self.diary.append(f"committed {offsets}")

    async def _load(
        self, topic_partitions: list[TopicPartition], epoch: int
    ) -> dict[TopicPartition, Tracker]:
        self.diary.append(f"load {[tp.partition for tp in topic_partitions]}")
        return {tp: Tracker(70, epoch) for tp in topic_partitions}


async def test_hand_over_waits_for_acks_and_their_writes_then_commits() -> None:
    rig = _Rig()
    await rig.live()
    record = rig.feed(_ANA)
    handing_over = asyncio.create_task(rig.assignment.on_partitions_revoked(_PLACES))
    for _ in range(5):
        await asyncio.sleep(0)
    assert rig.diary == [], "the client has not acked yet"
    rig.sockets.acks[0]()
    await handing_over
    assert rig.diary == [f"written {record}", "committed [71, 70]"]


async def test_hand_over_wait_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_HAND_OVER_SECONDS", 0.01)
    rig = _Rig()
    await rig.live()
    rig.feed(_ANA)
    async with asyncio.timeout(5):
        await rig.assignment.on_partitions_revoked(_PLACES)
    assert rig.diary == ["committed [70, 70]"]


async def test_partition_kept_under_the_next_generation_continues_where_it_was() -> None:
    rig = _Rig()
    await rig.live()
    rig.feed(_ANA)
    partition = rig.owner.partitions[0]
    rig.owner.suspend()
    await rig.assigned(0, generation=6)
    assert rig.owner.partitions == {0: partition}
    assert not partition.is_suspended
    assert rig.diary == ["look", "seek 0 to 71"]
    assert rig.queried() == [], "a user who stayed connected does not catch up"


async def test_trackers_are_loaded_again_after_a_missed_generation() -> None:
    rig = _Rig()
    await rig.live()
    partition = rig.owner.partitions[0]
    rig.owner.suspend()
    await rig.assigned(0, 1, generation=7)
    assert rig.owner.partitions[0] is not partition
    assert rig.diary == ["load [0, 1]", "seek 0 to 70", "seek 1 to 70"]
    assert rig.queried() == [_ANA]


async def test_other_tasks_run_while_users_are_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owner_module, "_USERS_AT_ONCE", 1)
    rig = _Rig()
    rig.subscribers.adopt(Ownership(5, (HERE, HERE)), (0, 1))
    users = [user for user in map(str, range(50)) if partition_of(user, 2) == 0]
    for user in users:
        rig.owner.subscribe(user, f"own/{user}")
    assigning = asyncio.create_task(rig.assigned(0, 1, generation=5))
    connected = set()
    while not assigning.done():
        await asyncio.sleep(0)
        connected.add(len(rig.questions))
    assert connected >= set(range(1, len(users) + 1)), "one more user at each turn"
    assert rig.queried() == sorted(users)


async def test_committed_offsets_are_requested_again_after_any_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loading, "_RETRY_SECONDS", 0)
    rig = _Rig()
    load = rig.assignment._load
    failures = iter((OSError("down"), ValueError("unexpected")))

    async def fail_twice(topic_partitions: list[TopicPartition], epoch: int) -> Any:
        for failure in failures:
            raise failure
        return await load(topic_partitions, epoch)

    rig.assignment._load = fail_twice
    await rig.assigned(0, generation=5)
    assert rig.owner.is_serving


async def test_offsets_that_take_longer_than_a_rebalance_may_are_loaded_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loading, "_PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(loading, "_RETRY_SECONDS", 0.01)
    rig = _Rig()
    load = rig.assignment._load

    async def load_slowly(topic_partitions: list[TopicPartition], epoch: int) -> Any:
        await asyncio.sleep(0.3)  # as on a busy machine, where connecting takes that long
        return await load(topic_partitions, epoch)

    rig.assignment._load = load_slowly
    await rig.assigned(0, generation=5)
    assert rig.assignment.waiting == {0}
    async with asyncio.timeout(10):
        while rig.assignment.waiting:  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.01)
    assert 0 in rig.owner.partitions
    await rig.assignment.stop()


async def test_all_users_are_connected_however_long_that_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loading, "_PATIENCE_SECONDS", 0.02)
    rig, left = _Rig(), list(range(10))

    def connect_some() -> bool:
        time.sleep(0.01)  # as if there were thousands of users
        left.pop()
        return bool(left)

    monkeypatch.setattr(rig.owner, "connect_some", connect_some)
    await rig.assigned(0, generation=5)
    assert left == []


async def test_a_partition_that_cannot_begin_after_the_rebalance_ends_the_member(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loading, "_PATIENCE_SECONDS", 0.02)
    monkeypatch.setattr(loading, "_RETRY_SECONDS", 0.01)
    rig, is_down = _Rig(), True
    load = rig.assignment._load

    async def fail_while_down(topic_partitions: list[TopicPartition], epoch: int) -> Any:
        if is_down:
            raise OSError("down")
        return await load(topic_partitions, epoch)

    def bug(*_about: object) -> None:
        raise RuntimeError("a bug")

    rig.assignment._load = fail_while_down
    monkeypatch.setattr(rig.owner, "assign", bug)
    await rig.assigned(0, generation=5)
    assert rig.assignment.waiting == {0}
    is_down = False
    with pytest.raises(RebalanceFailedError):
        async with asyncio.timeout(5):
            await rig.assignment.until_failed()
    await rig.assignment.stop()
