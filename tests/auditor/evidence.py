"""The facts, arranged so that each question of the checks is one look-up."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from tests.auditor.facts import DeadLetter, Entry, Facts, Receipt, Record, Rules, Stored
from tests.auditor.settled_map import BadMapError, settled_offsets


@dataclass(frozen=True)
class Evidence:
    """Owns nothing but indexes over the facts, each made when it is first asked for."""

    facts: Facts
    rules: Rules

    # ── the log ────────────────────────────────────────────────────────────────────────────

    @cached_property
    def created(self) -> list[Record]:
        """The records that create a notification, repeats included, in the order of the log."""
        return [record for record in self.facts.records if record.creates]

    @cached_property
    def first_records(self) -> dict[str, Record]:
        """The first record of each notification."""
        found: dict[str, Record] = {}
        for record in self.created:
            found.setdefault(record.id, record)
        return found

    @cached_property
    def dead_letters(self) -> dict[tuple[int | None, int | None], DeadLetter]:
        """Dead letters by the place they come from; repeats are the same."""
        return {(letter.partition, letter.offset): letter for letter in self.facts.dead_letters}

    @cached_property
    def receipts(self) -> dict[str, Receipt]:
        """Receipts by their names: the first of each, for repeats are dropped."""
        found: dict[str, Receipt] = {}
        for receipt in self.facts.receipts or ():
            found.setdefault(receipt.name, receipt)
        return found

    @cached_property
    def told(self) -> set[tuple[str, str]]:
        """By outcome and id, what there is a receipt of."""
        return {(receipt.outcome, receipt.id) for receipt in self.receipts.values()}

    @cached_property
    def erasures(self) -> dict[str, list[Record]]:
        """By user, the records that say that all was erased."""
        found: defaultdict[str, list[Record]] = defaultdict(list)
        for record in self.facts.records:
            if record.erases:
                found[record.user].append(record)
        return found

    # ── the group ──────────────────────────────────────────────────────────────────────────

    @cached_property
    def committed(self) -> dict[int, int]:
        """The committed offset of each partition that has one."""
        return {commit.partition: commit.offset for commit in self.facts.commits}

    @cached_property
    def _maps(self) -> tuple[dict[int, list[int]], dict[int, str]]:
        offsets: dict[int, list[int]] = {}
        bad: dict[int, str] = {}
        for commit in self.facts.commits:
            try:
                offsets[commit.partition] = settled_offsets(commit.metadata, commit.offset)
            except BadMapError as error:
                bad[commit.partition] = str(error)
        return offsets, bad

    @property
    def marked(self) -> dict[int, list[int]]:
        """By partition, the offsets beyond the committed one that the map says are settled."""
        return self._maps[0]

    @property
    def bad_maps(self) -> dict[int, str]:
        """By partition, why the map cannot be read."""
        return self._maps[1]

    @cached_property
    def _marked_places(self) -> set[tuple[int, int]]:
        return {(number, offset) for number, found in self.marked.items() for offset in found}

    def is_marked(self, record: Record) -> bool:
        """Whether a map says that this record is settled."""
        return (record.partition, record.offset) in self._marked_places

    def is_settled(self, record: Record) -> bool:
        """Whether the group's offset has passed it, or the map marks it."""
        passed = record.offset < self.committed.get(record.partition, 0)
        return passed or self.is_marked(record)

    # ── the inbox ──────────────────────────────────────────────────────────────────────────

    @cached_property
    def stored(self) -> dict[str, Stored]:
        """What MongoDB has, by id."""
        return {each.id: each for each in self.facts.stored}

    def has_expired(self, expires_at: float | None) -> bool:
        """Whether that had passed when MongoDB was read."""
        return expires_at is not None and expires_at <= self.facts.now

    def was_erased(self, name: str, user: str) -> bool:
        """Whether an erasure of the user explains that this notification is nowhere."""
        record = self.first_records.get(name)
        return any(
            (record is not None and erasure.offset > record.offset) or name <= erasure.erased_up_to
            for erasure in self.erasures.get(user, ())
        )

    @cached_property
    def owners(self) -> dict[str, set[str]]:
        """By id, whose it is; more than one name where the sources differ."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for source in (self.facts.accepted, self.created, self.facts.stored):
            for each in source:
                found[each.id].add(each.user)
        return dict(found)

    @property
    def now(self) -> float:
        """When MongoDB was read."""
        return self.facts.now

    # ── the clients ────────────────────────────────────────────────────────────────────────

    @cached_property
    def clients(self) -> dict[str, list[Entry]]:
        """What each client noted, in its order."""
        found: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in self.facts.entries:
            found[entry.client].append(entry)
        return found

    @cached_property
    def first_acks(self) -> dict[tuple[str, str], float]:
        """By id and user, when a client of that user first acknowledged it."""
        found: dict[tuple[str, str], float] = {}
        for entry in self._entries("acked"):
            for name in entry.ids:
                key = name, entry.user
                found[key] = min(entry.at, found.get(key, entry.at))
        return found

    @cached_property
    def received(self) -> set[tuple[str, str]]:
        """What reached which user, by id and user."""
        return {(name, entry.user) for entry in self._entries("received") for name in entry.ids}

    def was_ever_there(self, user: str) -> bool:
        """Whether any client of the user has noted anything."""
        return user in self._seen_users

    @cached_property
    def _seen_users(self) -> set[str]:
        return {entry.user for entry in self.facts.entries}

    def _entries(self, event: str) -> Iterable[Entry]:
        return (entry for entry in self.facts.entries if entry.event == event)

    @cached_property
    def complete_users(self) -> frozenset[str]:
        """Whose clients must have everything by now."""
        if not isinstance(self.rules.complete, bool):
            return self.rules.complete
        if not self.rules.complete:
            return frozenset()
        return frozenset(
            entries[-1].user for entries in self.clients.values() if _ends_connected(entries)
        )


def _ends_connected(entries: list[Entry]) -> bool:
    comings = [entry.event for entry in entries if entry.event in {"connected", "disconnected"}]
    return comings[-1:] == ["connected"]
