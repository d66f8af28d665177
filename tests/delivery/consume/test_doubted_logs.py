"""A log that a broker reports as cut or replaced is read again only if its latest leader agrees."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import NodeNotReadyError
from aiokafka.structs import OffsetAndMetadata
from pymongo.errors import AutoReconnect

from delivery.consume import load_trackers as loading
from delivery.consume.log_watch import LogWatch
from delivery.core.tracker import Tracker
from delivery.push.partition import Partition
from producer_api.contract.settings import SharedSettings
from tests.delivery.consume.disagreeing_brokers import TOPIC, TP, Broker, Brokers

_OLD_ID = b"\7" * 16


class _Rig:
    """A `LogWatch` of one partition, which has received ten records."""

    def __init__(self, brokers: Brokers) -> None:
        self.brokers = brokers
        self.assigned: list[int] = []
        #: The topic id of partition 0 that the last owner has stored.
        self.stored = (b"\1" * 16).hex()
        self.has_committed = self.is_away = False
        self.partition = Partition(0, Tracker(10, 1))
        self.partitions = {0: self.partition}
        self.stub = SimpleNamespace(
            partitions=self.partitions,
            assign=self._assign,
            connect_some=lambda: False,
            has_committed=lambda _: self.has_committed,
            log_ids=self._log_ids,
            note_log_ids=self._note_log_ids,
        )
        settings = SharedSettings(kafka_topic=TOPIC, auth_jwt_secret="s" * 32)
        consumer: Any = brokers
        stub: Any = self.stub
        self.watch = LogWatch(consumer, stub, stub, stub, settings, 2)

    def _assign(self, number: int, tracker: Tracker) -> None:
        self.assigned.append(tracker.next_to_receive)
        self.partitions[number] = Partition(number, tracker)

    async def _log_ids(self) -> dict[int, str]:
        if self.is_away:
            raise AutoReconnect("MongoDB is away")
        return {0: self.stored}

    async def _note_log_ids(self, ids: dict[int, str]) -> None:
        self.stored = ids[0]


def _brokers(old: Broker, new: Broker | None = None) -> Brokers:
    """Return three brokers. Broker 1 is asked, but was suspended. The others are up to date."""
    now = new or Broker(leader=2, epoch=5, end=12)
    return Brokers({1: old, 2: now, 3: now}, asked=1)


@pytest.mark.parametrize(
    "old",
    [
        Broker(leader=1, epoch=4, end=3),
        Broker(leader=1, epoch=4, end=12, topic_id=_OLD_ID),
    ],
    ids=["truncated", "replaced"],
)
async def test_a_broker_that_was_suspended_is_not_trusted(old: Broker) -> None:
    rig = _Rig(_brokers(old))
    await rig.watch.check(5)
    assert rig.assigned == []
    # Records that were fetched during the check were dropped, so they are fetched again from 10.
    assert (rig.partition.is_position_lost, rig.brokers.sought) == (False, [10])


async def test_a_log_that_is_cut_at_its_latest_leader_begins_again() -> None:
    cut = Broker(leader=2, epoch=5, end=6)
    rig = _Rig(_brokers(Broker(leader=2, epoch=5, end=6), cut))
    await rig.watch.check(5)
    assert (rig.assigned, rig.brokers.sought) == ([0], [0])


async def test_a_partition_goes_on_although_another_one_has_no_leader() -> None:
    now = Broker(leader=2, epoch=5, end=20)
    rig = _Rig(Brokers({1: now, 2: now}, asked=1, beginning=15))
    rig.partitions[1] = without_leader = Partition(1, Tracker(3, 1))
    rig.partition.is_position_lost = without_leader.is_position_lost = True
    await rig.watch.check(0.5)
    assert (rig.assigned, rig.brokers.sought) == ([15], [15])
    assert (rig.partitions[0].is_position_lost, without_leader.is_position_lost) == (False, True)


async def test_all_users_of_a_log_that_begins_again_are_connected_whatever_the_time() -> None:
    now = Broker(leader=2, epoch=5, end=6)
    rig = _Rig(Brokers({1: now, 2: now}, asked=1))
    seconds = 0.2
    ends_at = asyncio.get_running_loop().time() + 2 * seconds
    are_left = [True]

    def connect_some() -> bool:
        are_left[0] = asyncio.get_running_loop().time() < ends_at
        return are_left[0]

    rig.stub.connect_some = connect_some
    await rig.watch.check(seconds)
    assert not are_left[0]


async def test_nothing_is_read_until_most_of_the_brokers_answer() -> None:
    now = Broker(leader=2, epoch=5, end=12)
    silent = Broker(leader=2, epoch=5, end=12, is_silent=True)
    rig = _Rig(Brokers({1: Broker(leader=1, epoch=4, end=3), 2: silent, 3: silent}, asked=1))
    await rig.watch.check(5)
    assert (rig.assigned, rig.partition.is_position_lost) == ([], True)
    rig.brokers.known |= {2: now, 3: now}
    await rig.watch.check(5)
    assert (rig.assigned, rig.partition.is_position_lost) == ([], False)


async def test_a_tracker_begins_at_the_committed_offset_whatever_an_old_leader_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def committed(*_: object) -> dict[Any, OffsetAndMetadata]:
        return {TP: OffsetAndMetadata(10, "")}

    monkeypatch.setattr(loading, "_committed", committed)
    consumer: Any = _brokers(Broker(leader=1, epoch=4, end=3))
    trackers = await loading.load_trackers(consumer, [TP], epoch=1)
    assert trackers[TP].next_to_receive == 10
    consumer.known |= {2: Broker(leader=1, epoch=4, end=3, is_silent=True)}
    consumer.known |= {3: consumer.known[2]}
    with pytest.raises(NodeNotReadyError, match="only 1 of 3"):
        await loading.load_trackers(consumer, [TP], epoch=1)


async def test_a_topic_id_that_was_not_compared_does_not_replace_the_stored_one() -> None:
    now = Broker(leader=2, epoch=5, end=20)
    rig = _Rig(Brokers({1: now, 2: now}, asked=1))
    rig.stored = _OLD_ID.hex()
    rig.has_committed = rig.is_away = True
    rig.watch.track(rig.partition, now.topic_id.hex())
    await rig.watch.check(5)
    assert rig.stored == _OLD_ID.hex()
    rig.is_away = False
    await rig.watch.check(5)
    assert rig.assigned == [0], "the topic was replaced"
