"""Carries out the decisions of the users' cores."""

from collections.abc import Collection, Sequence
from functools import partial
from typing import TypeGuard

from delivery import metrics
from delivery.core.decision_types import (
    Decision,
    Disconnect,
    Event,
    Fault,
    Push,
    QueryInbox,
    ReportParked,
    Settle,
    SettleOutcome,
    WriteDelivered,
)
from delivery.core.record import OwedNotification, Record
from delivery.core.rules import Rules
from delivery.core.user_state_machine import User
from delivery.delivered.writer import DeliveredWriter
from delivery.push import clock
from delivery.push.catch_up import CatchUp
from delivery.push.deadlines import Deadlines
from delivery.push.partition import Partition, Recipient
from delivery.push.routes import Routes
from delivery.push.settlement import Settlement
from delivery.receipts.owed_receipts import Delivered
from producer_api.contract.events import ReceiptType


class UserDriver:
    """Passes input to the users' cores, and carries out their decisions.

    Nothing here awaits, so each call leaves a consistent state. Results come back through
    callbacks: an ack, a finished write, a page of the inbox, a deadline. A callback holds its
    `Recipient`, and may arrive after the partition was revoked: see `_still_valid`.
    """

    def __init__(
        self,
        rules: Rules,
        routes: Routes,
        delivered: DeliveredWriter,
        settlement: Settlement,
        catch_up: CatchUp,
        deadlines: Deadlines,
    ) -> None:
        self._rules = rules
        self._routes = routes
        self._delivered = delivered
        self._settlement = settlement
        self._catch_up = catch_up
        self._deadlines = deadlines

    # ── input for the cores ────────────────────────────────────────────────────────────────

    def remember(self, partition: Partition, user_id: str) -> Recipient:
        """Return the user's recipient. Creates it if there is none yet."""
        recipient = partition.recipients.get(user_id)
        if recipient is None:
            recipient = Recipient(user_id, partition, User(self._rules))
            partition.recipients[user_id] = recipient
        return recipient

    def connect(self, partition: Partition, user_id: str, connection: str) -> None:
        """Add a connection of the user, and let the user catch up."""
        recipient = self.remember(partition, user_id)
        self.carry_out(recipient, recipient.user.connect(connection, clock.now()))

    def connect_all(
        self, partition: Partition, user_id: str, connections: Collection[str]
    ) -> Recipient | None:
        """Add all connections of a user whom `Partition.unconnected` listed until now.

        Returns the user; None if they have no connection any more.
        """
        for connection in list(connections):
            self.connect(partition, user_id, connection)
        return partition.recipients.get(user_id)

    def disconnect(self, recipient: Recipient, connection: str) -> None:
        """Remove a connection of the user."""
        self.carry_out(recipient, recipient.user.disconnect(connection))

    def lose(
        self, recipient: Recipient, connection: str
    ) -> tuple[list[ReportParked], list[Record]]:
        """Remove a connection whose client may still be connected to its edge.

        Returns reports that may turn out to be false, and the records that are to be parked. Keep
        these records unsettled until their receipts are queued.
        """
        reports, others = _split_reports(recipient.user.disconnect(connection))
        parked = [each for each in others if _is_parking(each)]
        self.carry_out(recipient, [each for each in others if not _is_parking(each)])
        return reports, [record for each in parked for record in each.records]

    def start_over(self, recipient: Recipient, connection: str) -> None:
        """Let the user catch up again; `Partition.to_start_over` says why.

        Acts as if the connection had left and come back, but reports nothing as parked: the user
        was never absent.
        """
        _, certain = _split_reports(recipient.user.disconnect(connection))
        again = recipient.user.connect(connection, clock.now())
        self.carry_out(recipient, [*certain, *again])

    def no_longer_owed(self, recipient: Recipient, notification_id: str) -> None:
        """Release a held notification, which the inbox no longer owes."""
        ids = (notification_id,)
        self._settlement.write_receipts(ReceiptType.SUPERSEDED, recipient.user_id, ids)
        self.carry_out(recipient, recipient.user.no_longer_owed(ids, clock.now()))

    def _acked(self, recipient: Recipient, connection: str, event: Event) -> None:
        now = clock.now()
        if decisions := recipient.user.ack(connection, event, now):
            metrics.ACK_SECONDS.observe(now.steady - event.since)
            self.carry_out(recipient, decisions)

    def _written(self, recipient: Recipient, event: Event) -> None:
        self.carry_out(recipient, recipient.user.written(event))

    def _answered(self, recipient: Recipient, page: Sequence[OwedNotification]) -> None:
        self.carry_out(recipient, recipient.user.answer(page, clock.now()))

    def _overdue(self, recipient: Recipient) -> None:
        partition = recipient.partition
        recipient.has_deadline = False
        if partition.is_suspended or recipient in partition.to_start_over:
            # Nothing is pushed now, so no connection gets another attempt or is ended as silent.
            # If the partition stays here, `Owner.connect_some` lets the user catch up.
            partition.to_start_over.add(recipient)
            return
        self.carry_out(recipient, recipient.user.overdue(clock.now()))
        if not recipient.has_deadline:  # otherwise, a repeated push has queued one
            self._watch(recipient)

    # ── decisions of the cores ─────────────────────────────────────────────────────────────

    def carry_out(self, recipient: Recipient, decisions: Sequence[Decision]) -> None:
        """Carry out the decisions of the recipient's core, in order."""
        partition = recipient.partition
        if partition.is_revoked:
            decisions = _still_valid(decisions)
        for decision in decisions:
            # Every notification needs these three. A `match` on them takes four times as long.
            if isinstance(decision, Push):
                self._push(recipient, decision)
            elif isinstance(decision, WriteDelivered):
                self._write_delivered(recipient, decision.event)
            elif isinstance(decision, Settle):
                self._settlement.settle(partition, decision.records, decision.outcome)
            else:
                self._carry_out_rare(recipient, decision)
        self._settlement.changed.set()
        if recipient.user.is_idle:
            partition.forget(recipient)

    def _carry_out_rare(
        self, recipient: Recipient, decision: QueryInbox | ReportParked | Disconnect
    ) -> None:
        match decision:
            case QueryInbox(""):
                self._catch_up.ask(recipient.user_id, partial(self._answered, recipient))
            case QueryInbox(after):
                answered = partial(self._answered, recipient)
                self._catch_up.ask_beyond(recipient.user_id, after, answered)
            case ReportParked(ids, attempts):
                self._report_parked(recipient, ids, attempts)
            case Disconnect():
                self._disconnect(decision)

    def _push(self, recipient: Recipient, push: Push) -> None:
        partition = recipient.partition
        if partition.is_suspended or recipient in partition.to_start_over:
            # The core believes that the event was pushed. So `Owner.connect_some` lets the user
            # start over when the partition is resumed.
            partition.to_start_over.add(recipient)
            return
        event, again = push.event, push.again
        if partition.pushed.get(recipient) != event.since:  # this event was not pushed before
            partition.pushed.pop(recipient, None)  # so that the user goes to the end
            partition.pushed[recipient] = event.since
        if again:
            metrics.ACK_TIMEOUTS.inc(len(push.connections))
        for connection in push.connections:
            acked = partial(self._acked, recipient, connection, event)
            self._routes.push(connection, event, acked, again=again)
        if not recipient.has_deadline:
            self._watch(recipient)

    def _write_delivered(self, recipient: Recipient, event: Event) -> None:
        edge = self._routes.edge_of(event.acked_by)
        # Bypass the named tuple's `__new__`, which takes three times as long.
        delivered = tuple.__new__(
            Delivered, (recipient.user_id, event.ids, event.attempts, event.since, edge)
        )
        self._delivered.add(delivered, partial(self._written, recipient, event))

    def _report_parked(self, recipient: Recipient, ids: Collection[str], attempts: int) -> None:
        self._settlement.write_receipts(ReceiptType.PARKED, recipient.user_id, ids, attempts)

    def _disconnect(self, decision: Disconnect) -> None:
        metrics.DISCONNECTS.labels(decision.fault).inc()
        if decision.fault is Fault.SILENT:
            metrics.ACK_TIMEOUTS.inc()
        self._routes.disconnect(decision.connection, decision.fault)

    def _watch(self, recipient: Recipient) -> None:
        """Queue a deadline for the user, who has none queued."""
        deadline = recipient.user.awaited.deadline
        if deadline is not None:
            recipient.has_deadline = True
            self._deadlines.add(deadline, partial(self._overdue, recipient))


def _split_reports(decisions: Sequence[Decision]) -> tuple[list[ReportParked], list[Decision]]:
    """Return the reports of parked notifications, and the other decisions."""
    reports = [decision for decision in decisions if isinstance(decision, ReportParked)]
    return reports, [decision for decision in decisions if not isinstance(decision, ReportParked)]


def _is_parking(decision: Decision) -> TypeGuard[Settle]:
    return isinstance(decision, Settle) and decision.outcome is SettleOutcome.PARKED


def _still_valid(decisions: Sequence[Decision]) -> Sequence[Decision]:
    """Return the decisions that may be carried out for a partition that was revoked."""
    # The next owner pushes, queries the inbox and settles. Doing so here as well would push twice.
    # Still write acks: the client has the notification, and the next owner would push it again.
    return [decision for decision in decisions if isinstance(decision, WriteDelivered)]
