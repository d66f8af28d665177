"""Finds out which users without a subscription are absent, and which are about to subscribe."""

import math
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from itertools import takewhile

from delivery.core.decision_types import ReportParked, SettleOutcome
from delivery.core.receipt import Receipt
from delivery.core.record import Record, has_expired
from delivery.push import clock
from delivery.push.partition import LostUser, Partition
from delivery.push.settlement import Settlement
from delivery.push.subscribers import Subscribers
from producer_api.contract.events import ReceiptType

#: The grace period. An edge whose owner does not serve it for six seconds sends its clients away.
#: So a user who has not subscribed after this time is absent.
_GRACE_SECONDS = 7.0
#: A longer time between two ticks means that this process did not run in between.
_LONGEST_TICK_SECONDS = 0.2


class Absences:
    """Settles the records of users who may be connected, although they are not subscribed.

    A client stays connected to its edge while the edge cannot reach the owner: until the edge has
    sent its subscriptions to a new owner, and while the link between the two is broken. The
    client's user is not absent, so a `parked` receipt would be false. Such a user has a grace
    period to subscribe. Until it ends, the user's records are in doubt: they stay unsettled. The
    partitions own these records.

    Owns the time for which this process has run since its start. While the process is suspended, or
    waits for a CPU, the edges' snapshots wait in its sockets. So such a pause does not count, and
    makes nobody absent.
    """

    def __init__(self, subscribers: Subscribers, settlement: Settlement) -> None:
        self._subscribers = subscribers
        self._settlement = settlement
        self._ran = 0.0
        self._ticked_at = time.monotonic()

    def tick(self) -> None:
        """Count the time since the last call, which should be a tenth of a second ago."""
        now = time.monotonic()
        self._ran += min(now - self._ticked_at, _LONGEST_TICK_SECONDS)
        self._ticked_at = now

    def begin(self, partition: Partition, earlier: Partition | None) -> None:
        """Let the users of a newly assigned partition subscribe before they count as absent.

        If the partition begins again because its log has changed, `earlier` is its former state.
        The lost users of that state are as likely to come back as before.
        """
        if earlier is not None:
            partition.lost = earlier.lost
        if not self._subscribers.have_all_sent_snapshots:
            partition.absent_after = self._ran + _GRACE_SECONDS

    def may_be_connected(self, partition: Partition, user_id: str) -> bool:
        """Return whether the user, who is not subscribed, may still be connected."""
        return user_id in partition.lost or partition.absent_after > self._ran

    def lost(
        self,
        partition: Partition,
        user_id: str,
        reports: Iterable[ReportParked],
        records: Collection[Record],
    ) -> None:
        """Note that a user's last subscription has ended, although the client did not leave.

        `reports` are written if the user turns out to be absent. Until then, `records` stay
        unsettled. If they were committed and this instance then ended, nobody would write the
        reports.
        """
        earlier = partition.lost.pop(user_id, None)
        if earlier is not None:
            reports = [*earlier.reports, *reports]
        until = self._ran + _GRACE_SECONDS
        partition.lost[user_id] = LostUser(until, time.time(), list(reports))
        if records:
            partition.in_doubt.setdefault(user_id, []).extend(records)

    def came(self, partition: Partition, user_id: str) -> None:
        """Park the user's records without receipts, because the user has not been absent."""
        partition.lost.pop(user_id, None)
        if records := partition.in_doubt.pop(user_id, None):
            self._settlement.settle(partition, records, SettleOutcome.PARKED)

    def end(
        self,
        partition: Partition,
        user_id: str,
        is_gone: Callable[[str], bool],
        outcome: SettleOutcome,
    ) -> None:
        """Settle the user's records of notifications that are erased, superseded or withdrawn.

        `is_gone` says whether an id belongs to one of these. They are no longer reported as parked.
        """
        records = partition.in_doubt.pop(user_id, [])
        if left := [record for record in records if not is_gone(record.id)]:
            partition.in_doubt[user_id] = left
        gone = [record for record in records if is_gone(record.id)]
        self._settlement.settle(partition, gone, outcome)
        if (lost := partition.lost.get(user_id)) is not None:
            left_reports = [
                replace(report, ids=[each for each in report.ids if not is_gone(each)])
                for report in lost.reports
            ]
            partition.lost[user_id] = replace(lost, reports=left_reports)

    def settle(self, partition: Partition) -> Iterator[None]:
        """Settle the records of the users whose grace period is over: they are absent.

        Yields after each user, because a grace period may end for tens of thousands of users at
        once. Between two steps, the partition may change, and the caller may stop.
        """
        now = self._ran
        if partition.absent_after <= now or self._subscribers.have_all_sent_snapshots:
            partition.absent_after = -math.inf
        due = list(takewhile(lambda entry: entry[1].until <= now, partition.lost.items()))
        for user_id, lost in due:
            if partition.lost.get(user_id) is lost:
                self.park(partition, user_id)
                del partition.lost[user_id]
            yield
        for user_id in list(partition.in_doubt):
            if not self.may_be_connected(partition, user_id):
                self.park(partition, user_id)
            yield

    def park(self, partition: Partition, user_id: str) -> None:
        """Settle the user's records, and write their receipts, as if the user were absent."""
        records = partition.in_doubt.pop(user_id, [])
        reported = self._report(partition, user_id)
        now = clock.now().unix
        expired = [each for each in records if each.id not in reported and has_expired(each, now)]
        parked = [each for each in records if each.id in reported or not has_expired(each, now)]
        ids = [record.id for record in parked if record.id not in reported]
        self._settlement.write_receipts(ReceiptType.PARKED, user_id, ids)
        for settled, outcome in ((expired, SettleOutcome.EXPIRED), (parked, SettleOutcome.PARKED)):
            if settled:
                self._settlement.settle(partition, settled, outcome)

    def _report(self, partition: Partition, user_id: str) -> set[str]:
        """Write the reports that wait for a lost user, and return the ids in them."""
        lost = partition.lost.get(user_id)
        if lost is None:
            return set()
        partition.lost[user_id] = replace(lost, reports=())
        for report in lost.reports:
            if ids := report.ids:
                receipt = Receipt(ReceiptType.PARKED, user_id, ids, lost.at, report.attempts)
                self._settlement.add_receipts((receipt,))
        return {each for report in lost.reports for each in report.ids}
