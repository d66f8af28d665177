"""Chooses the `delivered_at` of acks, and finds out for which notifications a write has set it."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from delivery.receipts.owed_receipts import Delivered

#: Acks that are no further apart than this get the same time, because an update of many
#: notifications costs little more than an update of one.
_SAME_MOMENT_SECONDS = 0.05

#: Each time of delivery, in Unix milliseconds, as MongoDB stores it, with what is delivered then.
Moments = list[tuple[int, list[Delivered]]]


def moments_of(acks: Iterable[tuple[float, Delivered]]) -> Moments:
    """Group acks that get the same time, which is the time of the last one in the group.

    The times do not change when the write is repeated. So a repeat can tell which notifications an
    earlier try has written.
    """
    moments: Moments = []
    group: list[Delivered] = []
    first_at = last_at = 0.0
    for at, delivered in acks:
        if not group:
            first_at = at
        elif at - first_at > _SAME_MOMENT_SECONDS:
            moments.append((_milliseconds(last_at), group))
            group, first_at = [], at
        group.append(delivered)
        last_at = at
    return [*moments, (_milliseconds(last_at), group)]


def times_of(moments: Moments) -> list[int]:
    """Return the time of each ack."""
    return [at for at, group in moments for _ in group]


def ids_of(group: Iterable[Delivered]) -> list[str]:
    """Return all notifications in the group."""
    return [notification_id for delivered in group for notification_id in delivered.ids]


def users_of(group: Iterable[Delivered]) -> set[str]:
    """Return the users of the group."""
    return {delivered.user for delivered in group}


def written_at(moments: Moments, delivered_at: Mapping[str, datetime]) -> Moments:
    """Return these moments with only the notifications that got their `delivered_at` from them.

    The argument `delivered_at` has the time of each notification that is delivered. Each
    notification is returned once. Those that are left out were delivered before, by another
    instance or over another connection, or are erased.
    """
    times = {id_: _milliseconds(time.timestamp()) for id_, time in delivered_at.items()}
    kept: Moments = []
    for at, group in moments:
        kept_group = []
        for delivered in group:
            kept_ids = [id_ for id_ in delivered.ids if times.get(id_) == at]
            if kept_ids:
                kept_group.append(delivered._replace(ids=kept_ids))
            for id_ in kept_ids:  # another ack may contain it, too
                del times[id_]
        kept.append((at, kept_group))
    return kept


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
