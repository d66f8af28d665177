"""Finds out which users without a subscription are absent, and which are about to subscribe."""

import math
import time
from collections.abc import Iterable
from itertools import takewhile

from delivery.core.decision_types import ReportParked, SettleOutcome
from delivery.core.receipt import Receipt
from delivery.core.record import Record, has_expired
from delivery.push import clock
from delivery.push.partition import LostUser, Partition
from delivery.push.settlement import Settlement
from delivery.push.subscribers import Subscribers
from producer_api.contract.events import ReceiptType

#: An edge whose owner does not serve it for six seconds sends its clients away. So a user who has
#: not subscribed after this time is absent.
_UNSURE_SECONDS = 7.0


class Absences:
    """Settles the records of users who may be connected, although they are not subscribed.

    A client stays connected to its edge while the edge cannot reach the owner: until the edge has
    stated its subscriptions to a new owner, and while their link is broken. Its user is not absent,
    so a `parked` receipt would be false. Records of such users wait unsettled until it is certain.
    The partitions own these records.
    """

    def __init__(self, subscribers: Subscribers, settlement: Settlement) -> None:
        self._subscribers = subscribers
        self._settlement = settlement

    def begin(self, partition: Partition) -> None:
        """Let the users of a newly assigned partition subscribe before they count as absent."""
        if not self._subscribers.have_all_stated:
            partition.absent_after = time.monotonic() + _UNSURE_SECONDS

    def is_unsure(self, partition: Partition, user_id: str) -> bool:
        """Return whether the user, who is not subscribed, may still be connected."""
        return user_id in partition.lost or partition.absent_after > time.monotonic()

    def lost(self, partition: Partition, user_id: str, reports: Iterable[ReportParked]) -> None:
        """Note that a user's last subscription has ended with its link.

        `reports` are written if the user turns out to be absent.
        """
        earlier = partition.lost.pop(user_id, None)
        if earlier is not None:
            reports = [*earlier.reports, *reports]
        until = time.monotonic() + _UNSURE_SECONDS
        partition.lost[user_id] = LostUser(until, time.time(), list(reports))

    def came(self, partition: Partition, user_id: str) -> None:
        """Park the user's records without receipts, because the user has not been absent."""
        partition.lost.pop(user_id, None)
        if records := partition.undecided.pop(user_id, None):
            self._settlement.settle(partition, records, SettleOutcome.PARKED)

    def erase(self, partition: Partition, user_id: str, up_to: str) -> None:
        """Settle the user's records up to this id, because the user was erased."""
        records = partition.undecided.pop(user_id, [])
        erased = [record for record in records if record.id <= up_to]
        if left := [record for record in records if record.id > up_to]:
            partition.undecided[user_id] = left
        self._settlement.settle(partition, erased, SettleOutcome.ERASED)

    def settle(self, partition: Partition) -> None:
        """Settle the records of the users about whom it is certain by now."""
        now = time.monotonic()
        if partition.absent_after <= now or self._subscribers.have_all_stated:
            partition.absent_after = -math.inf
        due = list(takewhile(lambda entry: entry[1].until <= now, partition.lost.items()))
        for user_id, lost in due:
            del partition.lost[user_id]
            for ids, attempts in ((report.ids, report.attempts) for report in lost.reports):
                receipt = Receipt(ReceiptType.PARKED, user_id, ids, lost.at, attempts)
                self._settlement.add_receipts((receipt,))
        for user_id in list(partition.undecided):
            if not self.is_unsure(partition, user_id):
                self.park(partition, user_id, partition.undecided.pop(user_id))

    def park(self, partition: Partition, user_id: str, records: Iterable[Record]) -> None:
        """Settle records of a user who is absent, with their receipts."""
        now = clock.now().unix
        records = list(records)
        expired = [record for record in records if has_expired(record, now)]
        parked = [record for record in records if not has_expired(record, now)]
        ids = [record.id for record in parked]
        self._settlement.write_receipts(ReceiptType.PARKED, user_id, ids)
        for settled, outcome in ((expired, SettleOutcome.EXPIRED), (parked, SettleOutcome.PARKED)):
            if settled:
                self._settlement.settle(partition, settled, outcome)
