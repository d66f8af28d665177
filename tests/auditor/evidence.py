"""The facts, indexed so that each check needs only look-ups."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from tests.auditor.commit_evidence import CommitEvidence
from tests.auditor.facts import (
    ClientEntry,
    DeadLetter,
    Facts,
    Receipt,
    Record,
    Rules,
    StoredNotification,
)


@dataclass(frozen=True)
class Evidence:
    """Indexes over the facts. Each index is built when it is first used."""

    facts: Facts
    rules: Rules

    # ── the log ────────────────────────────────────────────────────────────────────────────

    @cached_property
    def created(self) -> list[Record]:
        """The records that create a notification, including repeats, in the order of the log."""
        return [record for record in self.facts.records if record.creates]

    @cached_property
    def first_records(self) -> dict[str, Record]:
        """The first record of each notification, by id."""
        by_id: dict[str, Record] = {}
        for record in self.created:
            by_id.setdefault(record.id, record)
        return by_id

    @cached_property
    def dead_letters(self) -> dict[tuple[int | None, int | None], DeadLetter]:
        """Dead letters by the partition and offset of their record.

        Repeats are equal, so one of them is enough. A stub may stand for several records.
        """
        letters = self.facts.dead_letters
        stubs = {
            (letter.partition, offset): letter
            for letter in letters
            if letter.offset is not None and letter.last_offset is not None
            for offset in range(letter.offset, letter.last_offset + 1)
        }
        return stubs | {(letter.partition, letter.offset): letter for letter in letters}

    @cached_property
    def receipts(self) -> dict[str, Receipt]:
        """The first receipt with each event id, by event id. Repeats are left out."""
        by_event_id: dict[str, Receipt] = {}
        for receipt in self.facts.receipts or ():
            by_event_id.setdefault(receipt.event_id, receipt)
        return by_event_id

    @cached_property
    def receipted(self) -> set[tuple[str, str]]:
        """The outcomes that have a receipt, as pairs of outcome and notification id."""
        return {(receipt.outcome, receipt.id) for receipt in self.receipts.values()}

    @cached_property
    def erasures(self) -> dict[str, list[Record]]:
        """The records of erasures, by user."""
        by_user: defaultdict[str, list[Record]] = defaultdict(list)
        for record in self.facts.records:
            if record.erases:
                by_user[record.user].append(record)
        return by_user

    @cached_property
    def withdrawals(self) -> dict[str, Record]:
        """The first record that withdraws each notification, by the notification's id."""
        by_id: dict[str, Record] = {}
        for record in self.facts.records:
            for withdrawn_id in record.withdrawn:
                by_id.setdefault(withdrawn_id, record)
        return by_id

    # ── the group ──────────────────────────────────────────────────────────────────────────

    @cached_property
    def commits(self) -> CommitEvidence:
        """The group's committed offsets, with the settled records in the maps."""
        return CommitEvidence(self.facts.commits)

    # ── the inbox ──────────────────────────────────────────────────────────────────────────

    @cached_property
    def stored(self) -> dict[str, StoredNotification]:
        """The notifications in MongoDB, by id."""
        return {stored.id: stored for stored in self.facts.stored}

    def has_expired(self, expires_at: float | None) -> bool:
        """Return whether this time had passed when MongoDB was read."""
        return expires_at is not None and expires_at <= self.facts.now

    def was_erased(self, notification_id: str, user: str) -> bool:
        """Return whether an erasure of the user explains why this notification is missing."""
        record = self.first_records.get(notification_id)
        return any(
            (record is not None and erasure.offset > record.offset)
            or notification_id <= erasure.erased_up_to
            for erasure in self.erasures.get(user, ())
        )

    @cached_property
    def users_named(self) -> dict[str, set[str]]:
        """The users that the sources name for each notification, by id; several if they differ."""
        users: defaultdict[str, set[str]] = defaultdict(set)
        for source in (self.facts.accepted, self.created, self.facts.stored):
            for notification in source:
                users[notification.id].add(notification.user)
        return dict(users)

    @property
    def now(self) -> float:
        """The time at which MongoDB was read."""
        return self.facts.now

    # ── the clients ────────────────────────────────────────────────────────────────────────

    @cached_property
    def clients(self) -> dict[str, list[ClientEntry]]:
        """The entries of each client's log, in its order, by client."""
        by_client: defaultdict[str, list[ClientEntry]] = defaultdict(list)
        for entry in self.facts.client_entries:
            by_client[entry.client].append(entry)
        return by_client

    @cached_property
    def first_acks(self) -> dict[tuple[str, str], float]:
        """When a client of the user first acknowledged the notification, by id and user."""
        acked_at: dict[tuple[str, str], float] = {}
        for entry in self._entries("acked"):
            for notification_id in entry.ids:
                key = notification_id, entry.user
                acked_at[key] = min(entry.at, acked_at.get(key, entry.at))
        return acked_at

    @cached_property
    def received(self) -> set[tuple[str, str]]:
        """The notifications that reached each user, as pairs of notification id and user."""
        return {
            (notification_id, entry.user)
            for entry in self._entries("received")
            for notification_id in entry.ids
        }

    def was_ever_connected(self, user: str) -> bool:
        """Return whether a client of the user has logged anything."""
        return user in self._seen_users

    @cached_property
    def _seen_users(self) -> set[str]:
        return {entry.user for entry in self.facts.client_entries}

    def _entries(self, event: str) -> Iterable[ClientEntry]:
        return (entry for entry in self.facts.client_entries if entry.event == event)

    @cached_property
    def complete_users(self) -> frozenset[str]:
        """The users whose clients must have everything by now."""
        if not isinstance(self.rules.complete, bool):
            return self.rules.complete
        if not self.rules.complete:
            return frozenset()
        return frozenset(
            entries[-1].user for entries in self.clients.values() if _ends_connected(entries)
        )


def _ends_connected(entries: list[ClientEntry]) -> bool:
    changes = [entry.event for entry in entries if entry.event in {"connected", "disconnected"}]
    return changes[-1:] == ["connected"]
