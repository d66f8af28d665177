"""The gauges that are computed at each scrape, from the state of this instance's partitions."""

from collections import Counter
from collections.abc import Iterable, Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from delivery.chores.inbox_backlog import InboxBacklog
from delivery.consume.group_member import GroupMember
from delivery.core.user_state_machine import UserState
from delivery.delivered.writer import DeliveredWriter
from delivery.push.owner import Owner

_STATE = ["partition", "state"]


class PartitionGauges(Collector):
    """Reports the partitions and the acks of this instance. The other owners report their own.

    The exception is the backlog: the owner of partition 0 reports it for all partitions.
    """

    def __init__(
        self, owner: Owner, member: GroupMember, backlog: InboxBacklog, delivered: DeliveredWriter
    ) -> None:
        self._owner = owner
        self._delivered = delivered
        self._member = member
        self._backlog = backlog

    def collect(self) -> Iterable[Metric]:
        """Yield the gauges. Prometheus calls this at each scrape."""
        yield self._lag()
        # Both are computed at each access, so ask only once.
        are_paused, are_stopped = self._member.paused, self._member.stopped
        paused = GaugeMetricFamily(
            "delivery_partition_paused",
            "1 while intake waits for room in the partition's window.",
            labels=["partition"],
        )
        for number in self._owner.partitions:
            paused.add_metric([str(number)], float(number in are_paused))
        yield paused
        stopped = GaugeMetricFamily(
            "delivery_partition_stopped",
            "1 while the partition stands still: its next batch or its offset cannot be read.",
            labels=["partition"],
        )
        # `Owner` does not have a partition yet whose committed offset cannot be read.
        for number in sorted(self._owner.partitions.keys() | are_stopped):
            stopped.add_metric([str(number)], float(number in are_stopped))
        yield stopped
        yield GaugeMetricFamily(
            "delivery_without_share_seconds",
            "How long the group has given this instance no share of the partitions.",
            value=self._owner.seconds_out,
        )
        yield self._users()
        owed = GaugeMetricFamily(
            "delivery_owed_notifications",
            "Undelivered notifications in the inbox; reported by the owner of partition 0.",
            labels=["partition"],
        )
        for number, count in sorted(self._backlog.owed.items()):
            owed.add_metric([str(number)], count)
        yield owed
        age = self._member.commit_age_seconds
        yield GaugeMetricFamily(
            "delivery_commit_age_seconds",
            "Longest time for which settled records have waited for a commit.",
            value=age,
        )
        yield GaugeMetricFamily(
            "delivery_oldest_ack_seconds",
            "For how long the oldest acknowledgement has waited for its delivered_at.",
            value=self._delivered.oldest_seconds,
        )
        yield GaugeMetricFamily(
            "delivery_acks_blocked",
            "Acknowledgements whose delivered_at cannot be written, although others can.",
            value=self._delivered.blocked,
        )

    def _lag(self) -> GaugeMetricFamily:
        lag = GaugeMetricFamily(
            "delivery_lag_records",
            "Records not committed yet: unread, unacknowledged, or settled out of order.",
            labels=_STATE,
        )
        for number, state, count in self._lag_by_state():
            lag.add_metric([str(number), state], count)
        return lag

    def _users(self) -> GaugeMetricFamily:
        users = GaugeMetricFamily(
            "delivery_users",
            "Users in memory: offline, catching up from the inbox, or live from the log.",
            labels=_STATE,
        )
        for number, partition in self._owner.partitions.items():
            states = Counter(recipient.user.state for recipient in partition.recipients.values())
            for state in UserState:
                users.add_metric([str(number), state.name.lower()], states[state])
        return users

    def _lag_by_state(self) -> Iterator[tuple[int, str, int]]:
        for number, partition in self._owner.partitions.items():
            tracker = partition.tracker
            received = tracker.next_to_receive
            uncommitted = received - tracker.next_to_commit
            yield number, "unread", max(0, self._member.end_of(number) - received)
            yield number, "unacknowledged", tracker.in_flight
            yield number, "settled", max(0, uncommitted - tracker.in_flight)
