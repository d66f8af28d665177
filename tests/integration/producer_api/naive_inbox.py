"""An inbox without a database. It computes each list from all notes."""

import itertools
from dataclasses import dataclass, field


@dataclass(slots=True)
class Note:
    """A created notification."""

    id: str
    user: str
    key: str | None
    category: str = "order"
    muted: bool = False
    seen: bool = False
    read: bool = False
    archived: bool = False
    superseded: bool = False
    withdrawn: bool = False

    @property
    def is_gone(self) -> bool:
        """Whether the notification is no longer in any list of the user."""
        return self.muted or self.superseded or self.withdrawn


@dataclass(slots=True)
class NaiveInbox:
    """Owns the notes of all users, oldest first."""

    notes: list[Note] = field(default_factory=list)
    muted: dict[str, set[str]] = field(default_factory=dict)
    """The muted categories, by user."""

    def create(self, user: str, key: str | None, notification_id: str, category: str) -> bool:
        """Add a notification. It supersedes the user's older ones with the same collapse key.

        Returns whether the user has muted its category. A muted notification supersedes none.
        """
        muted = category in self.muted.get(user, ())
        for note in self.notes:
            if not (key is None or muted or note.is_gone) and (note.user, note.key) == (user, key):
                note.superseded = True
        self.notes.append(Note(notification_id, user, key, category, muted))
        return muted

    def mark(self, note: Note, marks: dict[str, bool]) -> None:
        """Mark a notification. Reading also marks it as seen, and no mark makes it unseen."""
        note.read = marks.get("read", note.read)
        note.archived = marks.get("archived", note.archived)
        note.seen = note.seen or marks.get("seen", False) or marks.get("read", False)

    def mark_all_read(self, user: str) -> None:
        """Mark all notifications in the user's list as read."""
        for note in self._shown(user, archived=False):
            self.mark(note, {"read": True})

    def mark_all_seen(self, user: str) -> None:
        """Mark all notifications in the user's list as seen."""
        for note in self._shown(user, archived=False):
            self.mark(note, {"seen": True})

    def mark_chosen(self, user: str, notes: list[Note], marks: dict[str, bool]) -> None:
        """Mark the given notifications that are in the user's inbox, archived ones too."""
        for note in notes:
            if note.user == user and not note.is_gone:
                self.mark(note, marks)

    def standing(self, user: str, key: str) -> list[Note]:
        """Return the notification that stands under this key, if any."""
        return [
            note for note in self.notes if (note.user, note.key) == (user, key) and not note.is_gone
        ]

    def withdraw(self, notes: list[Note]) -> None:
        """Withdraw these notifications. Muted ones are in no list anyway, and stay muted."""
        for note in notes:
            note.withdrawn = not note.muted

    def erase(self, user: str) -> None:
        """Remove all notifications of the user."""
        self.notes = [note for note in self.notes if note.user != user]
        self.muted.pop(user, None)

    def listed(self, user: str, category: str | None = None) -> dict[str, list[str]]:
        """Return the user's lists by status, newest first. `category` leaves out all others."""
        shown = self._shown(user, archived=False, category=category)
        return {
            "all": [note.id for note in shown],
            "unread": [note.id for note in shown if not note.read],
            "unseen": [note.id for note in shown if not note.seen],
            "archived": [note.id for note in self._shown(user, archived=True, category=category)],
        }

    def sent(self, user: str) -> list[tuple[str, str]]:
        """Return all of the user's notifications with their status, newest first."""
        return [(note.id, _status(note)) for note in reversed(self.notes) if note.user == user]

    def pick(self, index: int) -> Note | None:
        """Return the notification at this index, which wraps around."""
        return next(itertools.islice(itertools.cycle(self.notes), index, None), None)

    def _shown(self, user: str, *, archived: bool, category: str | None = None) -> list[Note]:
        return [
            note
            for note in reversed(self.notes)
            if note.user == user
            and not note.is_gone
            and note.archived == archived
            and category in {None, note.category}
        ]


def _status(note: Note) -> str:
    if note.muted:
        return "muted"
    if note.withdrawn:
        return "withdrawn"
    return "superseded" if note.superseded else "pending"
