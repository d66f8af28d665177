"""A user's query to the inbox, and what happened since it was sent."""

from collections.abc import Collection, Sequence

from delivery.core.record import OwedNotification

#: How many superseded or withdrawn ids are remembered while a query is under way. Beyond this
#: number the answer is void and the query is repeated, so that a flood cannot fill the memory.
_REMEMBERED = 1_000


class InboxQuery:
    """Owns the state of the query, and what the log has reported since the query was sent.

    The inbox reads at some moment between `send` and `take`. What the log reports in between is
    recorded here, because the answer may be older.
    """

    __slots__ = ("_is_void", "_taken_back", "has_news", "is_under_way")

    def __init__(self) -> None:
        self.is_under_way = False
        self.has_news = False
        """Whether a record arrived since the last `send`: the answer may lack it."""
        self._is_void = False
        self._taken_back: frozenset[str] = frozenset()

    def send(self) -> None:
        """Record that the query is sent now."""
        self.is_under_way, self.has_news, self._taken_back = True, False, frozenset()

    def send_beyond(self) -> None:
        """Record that another query reads beyond the answer, and may lack the same news."""
        had_news = self.has_news
        self.send()
        self.has_news = had_news

    def note_taken_back(self, ids: Collection[str]) -> None:
        """Record that these ids are superseded or withdrawn. The answer may still contain them."""
        if not self.is_under_way:
            return
        if len(self._taken_back) < _REMEMBERED:
            self._taken_back = self._taken_back.union(ids)
        else:
            self._is_void = True

    def void(self) -> None:
        """Void the answer to the query under way, if any, because the user was erased meanwhile."""
        self._is_void = self.is_under_way

    def take(self, page: Sequence[OwedNotification]) -> list[OwedNotification] | None:
        """End the query, and return the owed part of the page; None if the answer is void."""
        self.is_under_way = False
        is_void, self._is_void = self._is_void, False
        if is_void:
            return None
        return [entry for entry in page if entry.id not in self._taken_back]
