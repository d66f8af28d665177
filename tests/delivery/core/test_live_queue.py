"""The records that wait for a live user's next event, and their bounds."""

from delivery.core.event_size import EVENT_BYTES, EVENT_ITEMS
from delivery.core.live_queue import LiveQueue
from delivery.core.record import Record
from tests.delivery.core.one_user import BEGIN, a_record


def _queue(*records: Record) -> LiveQueue:
    queue = LiveQueue()
    for record in records:
        assert queue.offer(record)
    return queue


def test_records_leave_in_order_one_event_at_a_time() -> None:
    records = [a_record(number) for number in range(EVENT_ITEMS + 5)]
    queue = _queue(*records)
    assert queue.take_event(BEGIN) == (records[:EVENT_ITEMS], [])
    assert queue.records
    assert queue.take_event(BEGIN) == (records[EVENT_ITEMS:], [])
    assert not queue.records


def test_expired_records_leave_at_once_and_take_no_room_in_the_event() -> None:
    soon = [a_record(number, expires_at=BEGIN) for number in range(EVENT_ITEMS)]
    lasting = [a_record(number, expires_at=BEGIN + 1) for number in range(50, 50 + EVENT_ITEMS)]
    queue = _queue(*soon[1:], *lasting, soon[0])
    assert queue.take_event(BEGIN) == (lasting, [*soon[1:], soon[0]])
    assert not queue.records


def test_queue_holds_two_events_by_number_and_by_bytes() -> None:
    queue = _queue(*(a_record(number) for number in range(2 * EVENT_ITEMS)))
    assert not queue.offer(a_record(200, size=0))
    queue = _queue(a_record(1, size=EVENT_BYTES), a_record(2, size=EVENT_BYTES))
    assert queue.offer(a_record(3, size=0))
    assert not queue.offer(a_record(3, size=1))


def test_taken_records_free_their_room() -> None:
    queue = _queue(a_record(1, size=EVENT_BYTES), a_record(2, size=EVENT_BYTES))
    queue.take_event(BEGIN)
    assert not queue.offer(a_record(3, size=EVENT_BYTES + 1))
    assert queue.offer(a_record(3, size=EVENT_BYTES))
    assert queue.clear() == [a_record(2, size=EVENT_BYTES), a_record(3, size=EVENT_BYTES)]
    assert queue.offer(a_record(3, size=2 * EVENT_BYTES))
