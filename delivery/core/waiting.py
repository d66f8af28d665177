"""What a record waits for, and which events await their ack. Only for reports, not for pushing."""

from enum import StrEnum
from typing import NamedTuple

from delivery.core.decision_types import Event
from delivery.core.record import Record
from delivery.core.user_state_machine import User, UserState


class WaitState(StrEnum):
    """What a record that is not settled waits for."""

    PUSHED = "pushed"
    """A client's ack."""
    QUEUED = "queued"
    """An earlier event of its user; or the inbox's answer, while its user catches up."""
    ACKED = "acked"
    """The write of `delivered_at`."""
    HELD = "held"
    """Its user, who has no connection, under the policy `hold`."""
    DEAD_LETTER = "dead_letter"
    """The dead-letter topic."""
    CONNECTING = "connecting"
    """Edges that may have a connection of its user, and have not subscribed it yet."""
    OTHER = "other"
    """Something that lasts a moment, such as a rebalance."""


class Flight(NamedTuple):
    """An event that awaits its first ack."""

    ids: list[str]
    since: float
    """When it was first pushed, in seconds of the monotonic clock."""
    attempt: int
    """How often it was pushed."""
    connections: tuple[str, ...]
    """The connections that have the event and have not acknowledged it."""


class Wait(NamedTuple):
    """What one record waits for."""

    id: str
    """The id of its notification."""
    state: WaitState
    flight: Flight | None = None
    """If PUSHED: the event that contains the record. If QUEUED: the event that the record waits
    behind."""


def flight_of(user: User) -> Flight | None:
    """Return the user's event that awaits its first ack; None if there is none."""
    event = user.awaited.event
    if event is None or not event.items:
        return None
    connections = user.awaited.audience.connections_with(event.number)
    return Flight(event.ids, event.since, event.attempts, connections)


def wait_of(user: User, offset: int) -> Wait | None:
    """Return what the record at this offset waits for; None if the user does not have it.

    Takes longer, the more records the user has in flight, queued and held.
    """
    flight = flight_of(user)
    if (record := user.unsettled.in_flight_at(offset)) is not None:
        return _in_flight(record, user.awaited.event, flight)
    for queued in user.queue.records:
        if queued.offset == offset:
            return Wait(queued.id, WaitState.QUEUED, flight)
    if (record := user.unsettled.held_at(offset)) is None:
        return None
    # Under `hold`, the push may have come from the inbox.
    if user.unsettled.is_in_flight(record.id):
        return _in_flight(record, user.awaited.event, flight)
    if user.state is UserState.OFFLINE:
        return Wait(record.id, WaitState.HELD)
    return Wait(record.id, WaitState.QUEUED, flight)


def _in_flight(record: Record, awaited: Event | None, flight: Flight | None) -> Wait:
    if awaited is not None and record.id in awaited.ids:
        return Wait(record.id, WaitState.PUSHED, flight)
    return Wait(record.id, WaitState.ACKED)
