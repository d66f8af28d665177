"""The bounded memory: the last notifications, each with its raw events, and indexes over them."""

import sys
from bisect import insort
from collections import OrderedDict
from collections.abc import Iterable
from hashlib import blake2b

from deploy.console.core.event import Event
from deploy.console.core.facts import HEADERS, Change, Created, DeadLetter, Erased, Fact, Receipt
from deploy.console.core.index import Index

#: How many events of one notification are kept. A shopper may mark it as read and unread all day.
_MOST_EVENTS = 50
#: The memory that an entry takes, in addition to its events, its user, its order and its key.
_ENTRY_BYTES = 800


class Known:
    """What is known of one notification. The memory owns it."""

    __slots__ = ("collapse_key", "committed_at", "events", "id", "order", "size", "user")

    def __init__(self, notification_id: str, user: str) -> None:
        self.id = notification_id
        self.user = user
        self.order: str | None = None
        self.collapse_key: str | None = None
        self.committed_at: int | None = None
        """When its offset was first seen to be committed, in Unix milliseconds."""
        self.events: list[Event] = []
        self.size = _ENTRY_BYTES + sys.getsizeof(user)


class Memory:
    """Owns the last notifications. Beyond either limit, it forgets those that came first.

    An erasure forgets a user at once, with all raw events. Of erased notifications, only the
    ids and the times of erasure remain. Of an erased user, only a hash remains, with the last
    erased id: receipts that are read after the erasure must not bring a notification back.
    """

    def __init__(self, most: int, most_bytes: int) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._known: OrderedDict[str, Known] = OrderedDict()
        self._users, self._orders, self._keys = Index(), Index(), Index()
        self._erased_ids: OrderedDict[str, int] = OrderedDict()
        self._erased_users: OrderedDict[bytes, str] = OrderedDict()
        self.bytes = 0
        """About how much memory the notifications take."""
        self.has_forgotten = False
        """Whether a limit was ever reached."""

    def __len__(self) -> int:
        return len(self._known)

    @property
    def oldest(self) -> Known | None:
        """The notification that came first."""
        return next(iter(self._known.values()), None)

    def note(self, event: Event, fact: Fact) -> None:
        """Keep an event with the notifications that it is about, or carry out an erasure."""
        event = event.kept(HEADERS)  # cut it once, so that all its notifications share the copy
        match fact:
            case Erased():
                self._erase(fact)
            case Created():
                self._create(event, fact)
            case Change():
                for mark in fact.marks:
                    self._keep_unless_erased(mark.id, fact.user, event, len(fact.marks))
            case Receipt() | DeadLetter(id=str(), user=str()):
                self._keep_unless_erased(fact.id or "", fact.user or "", event)
            case DeadLetter():
                pass  # it names no notification
        self._forget_oldest()

    def _create(self, event: Event, fact: Created) -> None:
        # A record may be repeated after the erasure. Its id is known to be erased, so keep nothing.
        if fact.id in self._erased_ids:
            return
        # Do not compare other ids with the erased range. The user's erasures are on the same
        # partition, so all that were read came before this record, and do not erase it.
        self._index(self._keep(fact.id, fact.user, event), fact)
        for mark in fact.superseded:
            # Add no notification that is unknown, because the event is mainly about the newer one.
            if mark.id in self._known:
                self._keep(mark.id, fact.user, event)

    def find(self, notification_id: str) -> Known | None:
        """Return what is known of a notification; None if nothing is."""
        return self._known.get(notification_id)

    def erased_at(self, notification_id: str) -> int | None:
        """Return when a notification was erased, in Unix milliseconds; None if it was not."""
        return self._erased_ids.get(notification_id)

    def of_user(self, user: str, most: int) -> list[Known]:
        """Return up to `most` notifications of this user. The one that came last is the first."""
        return self._all(self._users.newest(user, most))

    def of_order(self, order: str, most: int) -> list[Known]:
        """Return up to `most` notifications with this `data.order_id`."""
        return self._all(self._orders.newest(order, most))

    def of_collapse_key(self, key: str, most: int) -> list[Known]:
        """Return up to `most` notifications with this collapse key."""
        return self._all(self._keys.newest(key, most))

    def _all(self, ids: Iterable[str]) -> list[Known]:
        return [self._known[each] for each in ids]

    def _keep_unless_erased(
        self, notification_id: str, user: str, event: Event, share: int = 1
    ) -> None:
        is_known = notification_id in self._known
        if is_known or notification_id > self._erased_users.get(_hash(user), ""):
            self._keep(notification_id, user, event, share)

    def _keep(self, notification_id: str, user: str, event: Event, share: int = 1) -> Known:
        """Add the event to a notification. Counts `1 / share` of the event's size for it."""
        known = self._known.get(notification_id)
        if known is None:
            known = self._known[notification_id] = Known(notification_id, user)
            self._users.add(user, notification_id)
            self.bytes += known.size
        if len(known.events) < _MOST_EVENTS and not _has(known, event):
            # The topics are read side by side, so a receipt may be read before its notification.
            insort(known.events, event, key=lambda each: each.at)
            self._count(known, event.size // share)
        return known

    def _count(self, known: Known, size: int) -> None:
        known.size += size
        self.bytes += size

    def _index(self, known: Known, fact: Created) -> None:
        if known.order is None and fact.order is not None:
            known.order = fact.order
            self._orders.add(fact.order, known.id)
            self._count(known, sys.getsizeof(fact.order))
        if known.collapse_key is None and fact.collapse_key is not None:
            known.collapse_key = fact.collapse_key
            self._keys.add(fact.collapse_key, known.id)
            self._count(known, sys.getsizeof(fact.collapse_key))

    def _erase(self, fact: Erased) -> None:
        for notification_id in self._users.all(fact.user):
            self._forget(self._known.pop(notification_id))
            self._erased_ids[notification_id] = fact.at
        hashed = _hash(fact.user)
        self._erased_users[hashed] = max(fact.up_to, self._erased_users.pop(hashed, ""))
        for erased in (self._erased_ids, self._erased_users):
            while len(erased) > self._most:
                erased.popitem(last=False)

    def _forget_oldest(self) -> None:
        while len(self._known) > self._most or self.bytes > self._most_bytes:
            if len(self._known) <= 1:
                return
            self.has_forgotten = True
            self._forget(self._known.popitem(last=False)[1])

    def _forget(self, known: Known) -> None:
        self.bytes -= known.size
        self._users.discard(known.user, known.id)
        self._orders.discard(known.order, known.id)
        self._keys.discard(known.collapse_key, known.id)


def _has(known: Known, event: Event) -> bool:
    """Return whether the event was read before: after an outage, the reader may read it again."""
    return any(
        each.offset == event.offset
        and each.partition == event.partition
        and each.topic == event.topic
        for each in known.events
    )


def _hash(user: str) -> bytes:
    return blake2b(user.encode(errors="surrogatepass"), digest_size=16).digest()
