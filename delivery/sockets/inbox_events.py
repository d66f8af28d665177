"""Gathers the `inbox` events of users whose inbox changes many times a second."""

import asyncio
from collections import defaultdict
from collections.abc import Callable

from delivery.core.merge_inbox_events import merge_inbox_events

#: The first events of a user, up to this number, are emitted at once, and later ones are gathered.
#: After this time without an event, the count starts again.
_AT_ONCE, _GATHER_SECONDS = 5, 0.1
#: When this many events of a user wait, they are emitted at once.
_MAX_WAITING = 100


class InboxEvents:
    """Owns the events that wait, by user.

    A shopper who marks thousands of notifications would keep the event loop busy with one event for
    each mark and socket. So if a user has many events, they wait for a moment, and are merged.
    """

    def __init__(self, emit: Callable[[str, bytes], None]) -> None:
        """Emit with `emit`, which takes a user and the event's JSON."""
        self._emit = emit
        self._waiting: defaultdict[str, list[bytes]] = defaultdict(list)
        #: How many events were emitted at once to each user who got one lately.
        self._recent: dict[str, int] = {}

    def add(self, user: str, payload: bytes) -> None:
        """Emit the event now or soon, in the order of the calls."""
        recent = self._recent.get(user, 0)
        if recent < _AT_ONCE:
            if not recent:
                self._watch(user)
            self._recent[user] = recent + 1
            self._emit(user, payload)
            return
        self._waiting[user].append(payload)
        if len(self._waiting[user]) >= _MAX_WAITING:
            self.flush(user)

    def flush(self, user: str) -> None:
        """Emit what waits for the user. Call it before anything that must come after it."""
        # Test `_waiting` first: it is usually empty, and this is called for each push.
        if self._waiting and (payloads := self._waiting.pop(user, None)):
            for payload in merge_inbox_events(payloads):
                self._emit(user, payload)

    def _watch(self, user: str) -> None:
        seen = self._recent.get(user, 0)
        asyncio.get_running_loop().call_later(_GATHER_SECONDS, self._gathered, user, seen)

    def _gathered(self, user: str, seen: int) -> None:
        """Emit the events gathered for the user, or forget a user who had no new event."""
        if user in self._waiting:
            self.flush(user)
        elif self._recent[user] == seen:
            del self._recent[user]
            return
        self._watch(user)
