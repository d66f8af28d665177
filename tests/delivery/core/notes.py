"""The inbox and the log of one user, as plain collections."""

import uuid
from dataclasses import dataclass, field
from functools import cache

from delivery.core.record import Erasure, OwedNotification, Record, Withdrawal

USER = "ana"


@dataclass(slots=True, eq=False)
class Note:
    """A notification and its history."""

    id: str
    size: int
    expires_at: float | None
    key: str | None
    acked: bool = False
    """A client has acknowledged it."""
    delivered: bool = False
    """`delivered_at` is written."""
    erased: bool = False
    superseded: bool = False
    withdrawn: bool = False
    supersedes: list[str] = field(default_factory=list)
    """The ids that it superseded, according to its record."""

    def is_owed(self, now: float) -> bool:
        """Return whether the inbox still owes the notification."""
        is_closed = self.delivered or self.erased or self.superseded or self.withdrawn
        return not is_closed and (self.expires_at is None or self.expires_at > now)


@dataclass(frozen=True, slots=True, eq=False)
class Erased:
    """An erasure, and what it erased."""

    up_to: str
    ids: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Withdrawn:
    """A withdrawal, and what it withdrew."""

    id: str


#: What a record of the log is about.
Logged = Note | Erased | Withdrawn


class Notes:
    """Owns one user's notifications. They are in the inbox at once, and on the log later."""

    def __init__(self) -> None:
        self.inbox: dict[str, Note] = {}
        self.unpublished: list[Logged] = []
        self.log: dict[int, Logged] = {}
        self.log_end = 0
        self._made = 0

    def create(
        self,
        clock: float,
        *,
        size: int = 100,
        expires_at: float | None = None,
        key: str | None = None,
    ) -> Note:
        """Create a notification as a producer with this clock would.

        It supersedes older ones with the same key.
        """
        note = Note(self._next_id(clock), size, expires_at, key)
        for older in self.inbox.values():
            is_gone = older.superseded or older.erased or older.withdrawn
            if key is not None and older.key == key and not is_gone:
                older.superseded = True
                note.supersedes.append(older.id)
        self.inbox[note.id] = note
        self.unpublished.append(note)
        return note

    def erase(self, clock: float) -> None:
        """Erase the user as a producer with this clock would."""
        up_to = max([self._next_id(clock), *self.inbox])
        for note in self.inbox.values():
            note.erased = True
        self.unpublished.append(Erased(up_to, frozenset(self.inbox)))

    def withdraw(self, note: Note) -> None:
        """Withdraw the notification, as the producer API does: once, if it exists."""
        if not (note.erased or note.withdrawn):
            note.withdrawn = True
            self.unpublished.append(Withdrawn(note.id))

    def _next_id(self, clock: float) -> str:
        self._made += 1
        milliseconds = int(clock * 1000)
        return str(uuid.UUID(int=milliseconds << 80 | 7 << 76 | 2 << 62 | self._made))

    def publish(self, count: int) -> None:
        """Append the oldest `count` notifications that are not on the log yet."""
        for note in self.unpublished[:count]:
            self.append(note)
        del self.unpublished[:count]

    def append(self, note: Logged, gap: int = 0) -> None:
        """Append the note to the log, for the first time or again."""
        self.log_end += gap
        self.log[self.log_end] = note
        self.log_end += 1

    def owed(self, now: float) -> list[OwedNotification]:
        """Return everything that the inbox owes, oldest first."""
        owed_ids = sorted(note.id for note in self.inbox.values() if note.is_owed(now))
        return [entry(self.inbox[owed_id]) for owed_id in owed_ids]

    @property
    def logged(self) -> list[tuple[int, Note]]:
        """Return the notifications on the log, each with its offset."""
        return [(offset, note) for offset, note in self.log.items() if isinstance(note, Note)]

    def record(self, offset: int, epoch: int) -> Record | Erasure | Withdrawal:
        """Return the record at the offset."""
        note = self.log[offset]
        if isinstance(note, Erased):
            return Erasure(USER, note.up_to, b"{}", offset, epoch)
        if isinstance(note, Withdrawn):
            return Withdrawal(USER, frozenset({note.id}), b"{}", offset, epoch)
        return Record(
            note.id,
            _value(note.size),
            note.expires_at,
            USER,
            collapses=note.key is not None,
            partition=0,
            offset=offset,
            epoch=epoch,
        )


def entry(note: Note) -> OwedNotification:
    """Return the notification as the inbox returns it."""
    return OwedNotification(note.id, _value(note.size), note.expires_at)


@cache
def _value(size: int) -> bytes:
    return bytes(size)
