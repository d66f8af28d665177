"""Compares what the user's core says about unsettled records with what the world knows."""

from collections.abc import Iterable
from itertools import islice

from delivery.core.record import has_expired
from delivery.core.user_state_machine import UserState
from delivery.core.waiting import WaitState, flight_of, wait_of
from tests.delivery.core.clients import Client, Recipient
from tests.delivery.core.naive_owner import NaiveOwner
from tests.delivery.core.notes import Note, Notes

#: How many records are checked. Checking all after each step would take most of the test's time.
_MOST = 3


def check_waits(owner: NaiveOwner, notes: Notes, clients: Iterable[Client]) -> None:
    """Check what the core says of the first unsettled records, and of the event in flight."""
    recipient = owner.recipient
    if recipient is None:
        return
    for offset in islice(owner.tracker._in_flight, _MOST):
        note = notes.log[offset]
        assert isinstance(note, Note)
        wait = wait_of(recipient.user, offset)
        assert wait is not None
        assert (wait.id, wait.state) == (note.id, _expected(owner, recipient, note.id))
    _check_flight(recipient, clients, owner.now.unix)


def _expected(owner: NaiveOwner, recipient: Recipient, id_: str) -> WaitState:
    if id_ in _awaited(recipient):
        return WaitState.PUSHED
    # If the ack comes after the event was given up, or after the item was erased, the user's core
    # does not know of it. The record then counts as held or queued.
    known = {event.number for event in recipient.in_flight}
    for write in owner.writes:
        is_dropped = (write.event.number, id_) in recipient.dropped
        is_known = write.recipient is recipient and write.event.number in known
        if is_known and id_ in write.event.ids and not is_dropped:
            return WaitState.ACKED
    return WaitState.HELD if recipient.user.state is UserState.OFFLINE else WaitState.QUEUED


def _check_flight(recipient: Recipient, clients: Iterable[Client], now: float) -> None:
    flight, event = flight_of(recipient.user), recipient.awaits_ack
    # An expired item leaves the event only at the next push, so the event may still contain it.
    expired = {item.id for item in event.items if has_expired(item, now)} if event else set()
    if flight is None:
        assert _awaited(recipient) <= expired
        return
    assert event is not None
    assert set(flight.ids) <= _awaited(recipient)
    assert _awaited(recipient) - expired <= set(flight.ids)
    assert set(flight.connections) == {
        client.name
        for client in clients
        if any(sent.event.number == event.number for sent in client.outstanding(recipient))
    }


def _awaited(recipient: Recipient) -> set[str]:
    """Return the ids that were pushed, and that the user still has to acknowledge."""
    event = recipient.awaits_ack
    if event is None or event.acked:
        return set()
    return {
        id_
        for id_ in event.ids
        if (event.number, id_) not in recipient.dropped and id_ not in recipient.taken_back
    }
