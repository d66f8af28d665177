"""A scrape costs little, however many partitions there are."""

from collections.abc import Iterable, Mapping
from types import SimpleNamespace as Namespace
from typing import cast

import pytest
from prometheus_client.core import Metric

from delivery.chores.inbox_backlog import InboxBacklog
from delivery.consume.group_member import GroupMember
from delivery.core.tracker import Tracker
from delivery.delivered.writer import DeliveredWriter
from delivery.gauges import PartitionGauges
from delivery.push.owner import Owner
from delivery.push.partition import Partition


class _Member:
    """A member whose partition 1 is paused, and whose partition 3 cannot be loaded."""

    def __init__(self) -> None:
        self.looks: list[str] = []
        self.commit_age_seconds = 0.0

    @property
    def paused(self) -> frozenset[int]:
        self.looks.append("paused")
        return frozenset({1})

    @property
    def stopped(self) -> frozenset[int]:
        self.looks.append("stopped")
        return frozenset({3})

    def end_of(self, _number: int) -> int:
        return 0


@pytest.fixture
def member() -> _Member:
    """Return a member that notes what it is asked."""
    return _Member()


@pytest.fixture
def gauges(member: _Member) -> PartitionGauges:
    """Return the gauges of an owner of the partitions 0 to 2."""
    partitions = {number: Partition(number, Tracker(0, 1)) for number in range(3)}
    return PartitionGauges(
        cast(Owner, Namespace(partitions=partitions, seconds_out=0.0)),
        cast(GroupMember, member),
        cast(InboxBacklog, Namespace(owed={})),
        cast(DeliveredWriter, Namespace(oldest_seconds=0.0, blocked=0)),
    )


def _values(metrics: Iterable[Metric], name: str) -> Mapping[str, float]:
    (metric,) = (metric for metric in metrics if metric.name == name)
    return {sample.labels["partition"]: sample.value for sample in metric.samples}


def test_paused_and_stopped_partitions_are_looked_up_once(
    gauges: PartitionGauges, member: _Member
) -> None:
    metrics = list(gauges.collect())
    assert _values(metrics, "delivery_partition_paused") == {"0": 0, "1": 1, "2": 0}
    assert _values(metrics, "delivery_partition_stopped") == {"0": 0, "1": 0, "2": 0, "3": 1}
    assert sorted(member.looks) == ["paused", "stopped"]
