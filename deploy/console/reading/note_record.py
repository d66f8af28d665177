"""Adds the records of the three topics to the console's state, one by one."""

from dataclasses import replace

from aiokafka import ConsumerRecord

from delivery.dead_letters.record import notification_of, original_headers
from deploy.console.core.commits import Commits
from deploy.console.core.event import Event
from deploy.console.core.facts import Created, Fact, dead_letter_of, fact_of
from deploy.console.core.feed import Feed, feed_record
from deploy.console.core.memory import Memory
from producer_api.contract.events import Header
from producer_api.contract.settings import SharedSettings

#: The headers whose values many records share. Other values may name users and notifications, as
#: that of `inbox` does, and a shared copy would outlive their erasure.
_SHARED = frozenset(
    {
        Header.TYPE.value,
        Header.SOURCE.value,
        Header.SPEC_VERSION.value,
        Header.CONTENT_TYPE.value,
        Header.REMOVED.value,
    }
)
_MOST_PAIRS = 1_000
#: In bytes. A longer value is not shared, because the shared ones count for no notification.
_LONGEST_SHARED = 200


class RecordNotes:
    """Writes what records say into the memory, the feed, and the list of uncommitted offsets."""

    def __init__(
        self, settings: SharedSettings, memory: Memory, commits: Commits, feed: Feed
    ) -> None:
        self._main, self._letters = settings.kafka_topic, settings.dead_letter_topic
        self._memory = memory
        self._commits = commits
        self._feed = feed
        #: Headers that many records share. If each record had its own copy, the copies would take a
        #: third of the memory.
        self._pairs: dict[tuple[str, bytes | None], tuple[str, bytes | None]] = {}

    def take(self, record: ConsumerRecord, *, is_live: bool) -> None:
        """Add a record. `is_live` is false if it was written before the console started."""
        event = self._event_of(record)
        fact = self._letter(record, event) if event.is_letter else fact_of(event)
        if fact is None:
            return
        is_main = record.topic == self._main
        if is_main and isinstance(fact, Created):
            self._commits.note(event.partition, event.offset, fact.id)
        self._memory.note(event, fact)
        if is_live and (shown := feed_record(event, fact, is_main=is_main)) is not None:
            self._feed.add(shown)

    def _letter(self, record: ConsumerRecord, event: Event) -> Fact:
        original = replace(record, headers=tuple(original_headers(record.headers)))
        named = notification_of(original)
        return dead_letter_of(event, named and named.user, named and named.id)

    def _event_of(self, record: ConsumerRecord) -> Event:
        if len(self._pairs) > _MOST_PAIRS:
            self._pairs.clear()
        return Event(
            record.topic,
            record.partition,
            record.offset,
            record.timestamp,
            tuple(
                self._pairs.setdefault(pair, pair) if _is_shared(*pair) else pair
                for pair in record.headers
            ),
            record.value,
            is_letter=record.topic == self._letters,
        )


def _is_shared(name: str, value: bytes | None) -> bool:
    return name in _SHARED and len(value or b"") <= _LONGEST_SHARED
