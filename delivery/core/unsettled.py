"""A user's notifications in flight, and the user's held records."""

from collections.abc import Iterable, Sequence
from itertools import chain

from delivery.core.decision_types import Decision, ReportParked, Settle, SettleOutcome
from delivery.core.record import Pushable, Record, has_expired


class Unsettled:
    """Owns what is in flight and what is held, by notification id.

    A notification is in flight from its push until `delivered_at` is written, or until the push is
    given up. The record that the write will settle is kept with the notification. There is no such
    record if the push came from the inbox, or if the record is parked or held already.

    Records are held only if `hold` is set, the offline policy under which nothing is parked. The
    notification of a held record is in flight only if it was pushed from the inbox, or if its ack
    cannot be written for now.
    """

    __slots__ = ("_blocked", "_held", "_hold", "_in_flight")

    def __init__(self, *, hold: bool) -> None:
        self._hold = hold
        #: The notifications in flight whose acks cannot be written for now. Nothing waits for them.
        self._blocked: frozenset[str] = frozenset()
        self._in_flight: dict[str, Record | None] = {}
        self._held: dict[str, list[Record]] = {}

    @property
    def is_any_in_flight(self) -> bool:
        """Whether any notification is in flight that is worth waiting for."""
        if self._blocked:
            return not self._in_flight.keys() <= self._blocked
        return bool(self._in_flight)

    @property
    def is_any_blocked(self) -> bool:
        """Whether any notification in flight is blocked."""
        return bool(self._blocked)

    def is_in_flight(self, notification_id: str) -> bool:
        """Return whether this notification is in flight."""
        return notification_id in self._in_flight

    @property
    def is_empty(self) -> bool:
        """Whether nothing is in flight and nothing is held."""
        return not (self._in_flight or self._held)

    @property
    def held_ids(self) -> list[str]:
        """The ids of the notifications that are held and not in flight."""
        return [held_id for held_id in self._held if held_id not in self._in_flight]

    def in_flight_at(self, offset: int) -> Record | None:
        """Return the record at this offset if it waits for an ack, or for the ack's write."""
        records = filter(None, self._in_flight.values())
        return next((record for record in records if record.offset == offset), None)

    def held_at(self, offset: int) -> Record | None:
        """Return the record at this offset if it is held."""
        records = chain.from_iterable(self._held.values())
        return next((record for record in records if record.offset == offset), None)

    def push(self, items: Iterable[Pushable]) -> None:
        """Record that these items are in flight. The records among them wait for the ack."""
        for item in items:
            self._in_flight[item.id] = item if isinstance(item, Record) else None

    def has_waiting_record(self, items: Iterable[Pushable]) -> bool:
        """Return whether a record waits for the ack of any of these items."""
        return any(self._in_flight.get(item.id) for item in items)

    def land(self, items: Sequence[Pushable], outcome: SettleOutcome) -> list[Decision]:
        """Remove these items from those in flight, and settle all their records."""
        if self._blocked:
            self._blocked -= {item.id for item in items}
        records: list[Record] = []
        for item in items:
            record = self._in_flight.pop(item.id, None)
            if record is not None:
                records.append(record)
            # Under `hold`, the push may have come from the inbox, or the log may have repeated the
            # record. Settle the held records, too.
            if self._held:
                records += self._held.pop(item.id, ())
        return [Settle(records, outcome)] if records else []

    def give_up(self, items: Iterable[Pushable]) -> list[Record]:
        """Remove these items from those in flight, and return the records that waited for acks."""
        return [record for item in items if (record := self._in_flight.pop(item.id, None))]

    def detach(self, items: Iterable[Pushable]) -> list[Record]:
        """Return the records that waited for the ack of these items, which stay in flight.

        The ack will not settle these records any more, so the caller must settle or hold them.
        """
        records = []
        for item in items:
            record = self._in_flight.get(item.id)
            if record is not None:
                # Keep the id, so that the inbox is not queried before the ack is written.
                self._in_flight[item.id] = None
                records.append(record)
        return records

    def block(self, ids: Iterable[str]) -> list[Record]:
        """Stop waiting for those of these notifications in flight, and return their records.

        The notifications stay in flight, so that they are not pushed again.
        """
        blocked = [in_flight for in_flight in ids if in_flight in self._in_flight]
        self._blocked = self._blocked.union(blocked)
        records = [record for id_ in blocked if (record := self._in_flight[id_]) is not None]
        self._in_flight.update(dict.fromkeys(blocked))
        return records

    def set_aside(
        self, records: Sequence[Record], outcome: SettleOutcome = SettleOutcome.PARKED
    ) -> list[Decision]:
        """Hold these records if the policy is `hold`; otherwise settle them."""
        if self._hold:
            for record in records:
                self._held.setdefault(record.id, []).append(record)
            return []
        return [Settle(list(records), outcome)] if records else []

    def report_parked(self, ids: Sequence[str], attempts: int = 0) -> list[Decision]:
        """Report these notifications as parked, after `attempts` pushes without an ack.

        Under `hold` nothing is parked: a held record gets its receipt when it is settled.
        """
        return [ReportParked(ids, attempts)] if ids and not self._hold else []

    def release(
        self, ids: Iterable[str], now: float, outcome: SettleOutcome = SettleOutcome.NOT_OWED
    ) -> list[Decision]:
        """Settle the held records of these notifications; `now` is in Unix seconds.

        Expired records are settled as EXPIRED, the others with `outcome`.
        """
        records = [record for held_id in ids for record in self._held.pop(held_id, ())]
        expired = [record for record in records if has_expired(record, now)]
        unexpired = [record for record in records if not has_expired(record, now)]
        outcomes = ((expired, SettleOutcome.EXPIRED), (unexpired, outcome))
        return [Settle(settled, settled_as) for settled, settled_as in outcomes if settled]

    def release_all(self, now: float) -> list[Decision]:
        """Settle all held records, as `release` does, except those of notifications in flight."""
        return self.release(self.held_ids, now)
