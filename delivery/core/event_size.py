"""The maximum size of one event."""

from collections.abc import Sequence
from typing import TypeVar

from delivery.core.record import OwedNotification, Record

EVENT_ITEMS = 50
EVENT_BYTES = 64 * 1024

_Item = TypeVar("_Item", Record, OwedNotification)


def first_event_of(items: Sequence[_Item]) -> Sequence[_Item]:
    """Return the first items that fit into one event.

    An item larger than `EVENT_BYTES` gets an event of its own.
    """
    room = EVENT_BYTES
    for count, item in enumerate(items[:EVENT_ITEMS]):
        room -= len(item.value)
        if room < 0 and count > 0:
            return items[:count]
    return items[:EVENT_ITEMS]
