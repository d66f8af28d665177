"""Connections, and the events that each connection has not acknowledged."""

from delivery.core.audience import Audience

PATIENCE = 10.0


def test_event_for_all_goes_to_every_connection() -> None:
    audience = Audience()
    assert not audience
    audience.join("one")
    audience.join("two")
    assert audience
    assert audience.send_to_all(1, 0.0, PATIENCE) == (("one", "two"), [])


def test_leaving_twice_has_no_further_effect() -> None:
    audience = Audience()
    audience.join("one")
    audience.leave("one")
    audience.leave("one")
    assert not audience


def test_joining_again_keeps_outstanding_events() -> None:
    audience = Audience()
    audience.join("one")
    audience.send_to_all(1, 0.0, PATIENCE)
    audience.join("one")
    audience.send_to_all(2, 0.0, PATIENCE)
    assert audience.send_to_all(3, PATIENCE, PATIENCE) == ((), ["one"])
    assert not audience


def test_connection_has_at_most_two_outstanding_events_for_long() -> None:
    audience = Audience()
    audience.join("one")
    audience.join("two")
    audience.send_to_all(1, 0.0, PATIENCE)
    assert audience.send_to_all(2, 0.0, PATIENCE) == (("one", "two"), [])
    audience.acked("two", 1)
    assert audience.send_to_all(3, PATIENCE, PATIENCE) == (("two",), ["one"])


def test_connection_that_is_busy_for_a_moment_is_sent_all_events() -> None:
    audience = Audience()
    audience.join("one")
    audience.join("busy")
    for event in range(300):
        assert audience.send_to_all(event, event / 50, PATIENCE) == (("one", "busy"), [])
        audience.acked("one", event)
    audience.acked("busy", 299)
    assert audience.send_to_all(300, 60.0, PATIENCE) == (("one", "busy"), [])


def test_busy_connection_has_a_limited_number_of_outstanding_events() -> None:
    audience = Audience()
    audience.join("busy")
    lagging: list[str] = []
    sent = 0
    while not lagging:
        _, lagging = audience.send_to_all(sent, 0.0, PATIENCE)
        sent += 1
    assert (lagging, sent) == (["busy"], 401)


def test_ack_covers_earlier_events_and_no_later_ones() -> None:
    audience = Audience()
    audience.join("one")
    for event in (1, 2):
        audience.send_to_all(event, 0.0, PATIENCE)
    audience.acked("one", 1)
    audience.acked("a stranger", 2)
    assert audience.overdue(1, 1.0, 2, 1.0) == ([], [])
    assert audience.overdue(2, 1.0, 2, 1.0) == (["one"], [])
    audience.send_to_all(3, 0.0, PATIENCE)
    audience.acked("one", 3)
    assert audience.overdue(2, 1.0, 2, 9.0) == ([], [])
    assert audience.overdue(3, 1.0, 2, 9.0) == ([], [])


def test_longest_silence_sets_the_deadline() -> None:
    audience = Audience()
    audience.join("one")
    audience.send_to_all(1, 5.0, PATIENCE)
    audience.join("two")
    audience.sent_to("two", 1, 7.0)
    assert audience.first_sent(1) == 5.0
    audience.join("sent nothing")
    audience.leave("one")
    assert audience.first_sent(1) == 7.0


def test_ack_is_overdue_exactly_at_the_deadline() -> None:
    audience = Audience()
    audience.join("one")
    # With floats, 0.5 > (0.5 + 0.2) - 0.2. So the code must compare with the deadline it returned.
    audience.send_to_all(1, 0.5, PATIENCE)
    assert audience.overdue(1, 0.2, 3, 0.5 + 0.2 - 1e-9) == ([], [])
    assert audience.overdue(1, 0.2, 3, 0.5 + 0.2) == (["one"], [])


def test_attempts_are_counted_per_connection() -> None:
    audience = Audience()
    audience.join("one")
    audience.send_to_all(1, 0.0, PATIENCE)
    audience.join("two")
    audience.sent_to("two", 1, 5.0)
    assert audience.overdue(1, 10.0, 2, 10.0) == (["one"], [])
    assert audience.overdue(1, 10.0, 2, 15.0) == (["two"], [])
    assert audience.overdue(1, 10.0, 2, 20.0) == ([], ["one"])
    assert audience
    assert audience.overdue(1, 10.0, 2, 25.0) == ([], ["two"])
    assert not audience
