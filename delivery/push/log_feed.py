"""Hands the log's records to the users of a partition."""

from collections.abc import Callable, Collection, Sequence
from itertools import islice

from delivery.core.decision_types import SettleOutcome
from delivery.core.moment import Moment
from delivery.core.record import (
    Erasure,
    Fed,
    Record,
    Supersession,
    Withdrawal,
    has_expired,
)
from delivery.core.rules import Rules
from delivery.core.user_state_machine import UserState
from delivery.push import clock
from delivery.push.absences import Absences
from delivery.push.partition import Partition, Recipient
from delivery.push.routes import Routes
from delivery.push.settlement import Settlement
from delivery.push.subscribers import Subscribers
from delivery.push.user_driver import UserDriver
from producer_api.contract.events import ReceiptType

_SWEPT_AT_ONCE = 200


class LogFeed:
    """Feeds users from the log. Owns no state, because the partitions and their users do.

    Nothing here awaits, so no rebalance can happen while the records of a fetch are handed over.
    """

    def __init__(
        self,
        rules: Rules,
        subscribers: Subscribers,
        routes: Routes,
        settlement: Settlement,
        driver: UserDriver,
        absences: Absences,
    ) -> None:
        self._absences = absences
        self._rules = rules
        self._subscribers = subscribers
        self._routes = routes
        self._settlement = settlement
        self._driver = driver

    def feed(self, partition: Partition, records: Sequence[Fed]) -> None:
        """Hand records to their users in order, and push.

        The tracker must have received the records already.
        """
        now = clock.now()
        if len(records) == 1 or len({record.user for record in records}) == len(records):
            for record in records:
                self._feed_record(partition, record, now, is_only=True)
            return
        recipients = [
            self._feed_record(partition, record, now, is_only=False) for record in records
        ]
        # Push only now: a user's records of the same fetch then share events, and an erasure or a
        # withdrawal stops the pushes of the records before it.
        for recipient in dict.fromkeys(recipients):
            if recipient is None:
                continue
            if decisions := recipient.user.next_event(now):
                self._driver.carry_out(recipient, decisions)

    def _feed_record(
        self, partition: Partition, record: Fed, now: Moment, *, is_only: bool
    ) -> Recipient | None:
        """Hand a record to its user, and push if it is the user's only one in this fetch.

        Returns the user, unless there is nothing to push.
        """
        if not isinstance(record, Record):
            self._feed_change(partition, record)
            return None
        if record.collapses:
            # The notification may be superseded by now. Only the inbox knows, so the receipt writer
            # asks the inbox.
            ids = (record.id,)
            self._settlement.write_receipts(ReceiptType.SUPERSEDED, record.user, ids)
        recipient = partition.recipients.get(record.user)
        if recipient is None and record.user in partition.unconnected:
            # Connect the user now: they are subscribed, so the record must not be parked as if the
            # user were absent.
            partition.unconnected.remove(record.user)
            connections = self._subscribers.connections_of(partition.number, record.user)
            recipient = self._driver.connect_all(partition, record.user, connections)
        if recipient is None or (
            partition.is_in_grace_period and recipient.user.state is UserState.OFFLINE
        ):
            if not self._rules.hold:
                self._settle_unconnected(partition, record, now)
                return None
            recipient = self._driver.remember(partition, record.user)
        if decisions := recipient.user.receive(record, now, is_only=is_only):
            self._driver.carry_out(recipient, decisions)
        return recipient

    def _feed_change(
        self, partition: Partition, change: Erasure | Withdrawal | Supersession
    ) -> None:
        if isinstance(change, Erasure):
            self._erase(partition, change)
        elif isinstance(change, Withdrawal):
            self._withdraw(partition, change)
        else:
            self.take_back(partition, *change, SettleOutcome.SUPERSEDED)

    def take_back(
        self,
        partition: Partition,
        user_id: str,
        ids: Collection[str],
        payload: bytes,
        outcome: SettleOutcome,
    ) -> None:
        """Stop pushing notifications that are superseded or withdrawn; emit their `inbox` event."""
        self.emit_inbox(partition.number, user_id, payload)
        # These receipts are only candidates. The receipt writer asks the inbox what became of each.
        is_withdrawal = outcome is SettleOutcome.WITHDRAWN
        kind = ReceiptType.WITHDRAWN if is_withdrawal else ReceiptType.SUPERSEDED
        self._settlement.write_receipts(kind, user_id, ids)
        if partition.is_in_grace_period:
            self._absences.end(partition, user_id, ids.__contains__, outcome)
        recipient = partition.recipients.get(user_id)
        if recipient is not None:
            decisions = recipient.user.taken_back(ids, clock.now(), outcome)
            self._driver.carry_out(recipient, decisions)

    def emit_inbox(self, number: int, user_id: str, payload: bytes) -> None:
        """Emit an `inbox` event to all of the user's connections. It needs no ack."""
        connections = self._subscribers.connections_of(number, user_id)
        self._routes.emit_inbox(connections, user_id, payload)

    def make_room(self, partition: Partition, is_roomy: Callable[[], bool]) -> None:
        """Park records until the window has room: those in doubt, then those unacked longest."""
        if self._rules.hold:
            return
        while partition.in_doubt and not is_roomy():
            self._absences.park(partition, next(iter(partition.in_doubt)))
        # Each step removes a user from `pushed`, and only the user's next push adds them again. So
        # the cost depends on the pushes since the last call, not on the number of connected users.
        while partition.pushed and not is_roomy():
            # An iteration over a dict first skips the slots of deleted keys, which takes time. So
            # take many keys at once.
            for recipient in list(islice(partition.pushed, _SWEPT_AT_ONCE)):
                partition.pushed.pop(recipient, None)
                if recipient.user.waiting_since is not None:
                    self._driver.carry_out(recipient, recipient.user.make_room())
                if is_roomy():
                    return

    def _settle_unconnected(self, partition: Partition, record: Record, now: Moment) -> None:
        """Settle a record at once, because its user has no connection and nothing in flight."""
        if has_expired(record, now.unix):
            self._settlement.settle(partition, (record,), SettleOutcome.EXPIRED)
        elif self._absences.may_be_connected(partition, record.user):
            partition.in_doubt.setdefault(record.user, []).append(record)
        else:
            self._settlement.write_receipts(ReceiptType.PARKED, record.user, (record.id,))
            self._settlement.settle(partition, (record,), SettleOutcome.PARKED)

    def _erase(self, partition: Partition, erasure: Erasure) -> None:
        # Emit the event first: clients must empty their lists before anything newer is pushed.
        self.emit_inbox(partition.number, erasure.user, erasure.value)
        if partition.is_in_grace_period:
            is_erased = erasure.up_to.__ge__
            self._absences.end(partition, erasure.user, is_erased, SettleOutcome.ERASED)
        recipient = partition.recipients.get(erasure.user)
        if recipient is not None:
            self._driver.carry_out(recipient, recipient.user.erase(erasure.up_to))
        self._settle_change(partition, erasure.offset, erasure.value, erasure.epoch)

    def _withdraw(self, partition: Partition, withdrawal: Withdrawal) -> None:
        user, ids, payload, offset, epoch = withdrawal
        self.take_back(partition, user, ids, payload, SettleOutcome.WITHDRAWN)
        self._settle_change(partition, offset, payload, epoch)

    def _settle_change(self, partition: Partition, offset: int, value: bytes, epoch: int) -> None:
        self._settlement.settle_offset(
            partition, offset, len(value), epoch, outcome=SettleOutcome.IGNORED
        )
