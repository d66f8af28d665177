"""A user's records that are not settled yet: what waits for an ack, and what is held."""

from collections.abc import Iterable, Sequence

from delivery.core.decisions import Decision, ReportParked, Settle, SettleOutcome
from delivery.core.record import Pushable, Record, has_expired


class Unsettled:
    """Owns, by notification id, what is in flight and what is held.

    In flight is a notification from its push until `delivered_at` is written, or until its push is
    given up: with the record that this settles, or with none where the push came from the inbox or
    the record is parked already. Held, under `hold` alone, are records whose notification is not
    under way, or is so by the inbox.
    """

    __slots__ = ("_held", "_hold", "_in_flight")

    def __init__(self, *, hold: bool) -> None:
        self._hold = hold
        self._in_flight: dict[str, Record | None] = {}
        self._held: dict[str, list[Record]] = {}

    @property
    def is_any_in_flight(self) -> bool:
        """Whether anything is."""
        return bool(self._in_flight)

    def is_in_flight(self, name: str) -> bool:
        """Whether this notification is."""
        return name in self._in_flight

    @property
    def is_empty(self) -> bool:
        """Nothing is in flight, and nothing held."""
        return not (self._in_flight or self._held)

    @property
    def held_ids(self) -> list[str]:
        """The notifications that are held, and not in flight."""
        return [name for name in self._held if name not in self._in_flight]

    def push(self, items: Iterable[Pushable]) -> None:
        """They are in flight from now on; the records among them wait for the ack."""
        for item in items:
            self._in_flight[item.id] = item if isinstance(item, Record) else None

    def waits(self, items: Iterable[Pushable]) -> bool:
        """Whether a record waits for the ack of one of these."""
        return any(self._in_flight.get(item.id) for item in items)

    def land(self, items: Iterable[Pushable], outcome: SettleOutcome) -> list[Decision]:
        """They are in flight no more: settle the records that depend on them."""
        records: list[Record] = []
        for item in items:
            record = self._in_flight.pop(item.id, None)
            if record is not None:
                records.append(record)
            records += self._held.pop(item.id, ())
        return [Settle(records, outcome)] if records else []

    def give_up(self, items: Iterable[Pushable]) -> list[Record]:
        """They are in flight no more; the records that waited for their ack."""
        return [record for item in items if (record := self._in_flight.pop(item.id, None))]

    def detach(self, items: Iterable[Pushable]) -> list[Record]:
        """They stay in flight; the records that waited for their ack, and do so no more."""
        records = []
        for item in items:
            record = self._in_flight.get(item.id)
            if record is not None:
                self._in_flight[item.id] = None
                records.append(record)
        return records

    def set_aside(
        self, records: Sequence[Record], outcome: SettleOutcome = SettleOutcome.PARKED
    ) -> list[Decision]:
        """Hold these, or, where nothing is held, settle them."""
        if self._hold:
            for record in records:
                self._held.setdefault(record.id, []).append(record)
            return []
        return [Settle(list(records), outcome)] if records else []

    def missed(self, ids: Sequence[str], attempts: int = 0) -> list[Decision]:
        """Report these as parked, after so many pushes in vain.

        Under `hold` nothing is parked: a held record has its receipt when it is settled.
        """
        return [ReportParked(ids, attempts)] if ids and not self._hold else []

    def release(
        self, ids: Iterable[str], now: float, outcome: SettleOutcome = SettleOutcome.NOT_OWED
    ) -> list[Decision]:
        """Settle what is held of these, as expired where it has; `now` in Unix seconds."""
        records = [record for name in ids for record in self._held.pop(name, ())]
        expired = [record for record in records if has_expired(record, now)]
        others = [record for record in records if not has_expired(record, now)]
        outcomes = ((expired, SettleOutcome.EXPIRED), (others, outcome))
        return [Settle(settled, why) for settled, why in outcomes if settled]

    def release_all(self, now: float) -> list[Decision]:
        """The same of all that is held."""
        return self.release(list(self._held), now)
