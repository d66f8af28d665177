"""One notification's life, as steps in order of time."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.console.core.event import Event
from deploy.console.core.facts import dead_letter_of
from deploy.console.core.life import LifeStep, public, status_of, steps_of
from tests.deploy.console.core.events import (
    START,
    changed,
    created,
    event,
    id_at,
    mark,
    read,
    receipt,
    time_at,
)


def _told(
    *events: Event, stored: dict[str, Any] | None = None, more: tuple[LifeStep, ...] = ()
) -> Any:
    return public(steps_of(id_at(1), read(*events), stored, *more))


def _names(*events: Event, stored: dict[str, Any] | None = None) -> list[str]:
    return [step["name"] for step in _told(*events, stored=stored)]


def test_a_delivery_shows_its_owner_its_edge_and_its_times() -> None:
    way = {"pushed_at": time_at(10), "owner": "http://i1", "edge": "http://i2"}
    steps = _told(
        created(1, place=(2, 7)),
        receipt("delivered", 1, at=30, attempt=1, **way),
        changed("seen", mark(1, seen_at=time_at(50)), at=50),
        changed("read", mark(1, seen_at=time_at(50), read_at=time_at(90)), at=90),
        more=(LifeStep("committed", START + 40, {"partition": 2, "offset": 7}),),
    )
    assert [(step["name"], step["after_ms"]) for step in steps] == [
        ("created", None),
        ("written", None),
        ("logged", 5),
        ("pushed", 4),
        ("acknowledged", 20),
        ("delivered", 0),
        ("committed", 10),
        ("seen", 10),
        ("read", 40),
    ]
    assert steps[2]["details"] == {"partition": 2, "offset": 7}
    assert steps[3]["details"] == {"owner": "http://i1", "edge": "http://i2", "attempt": 1}


def test_a_parked_notification_may_be_delivered_later() -> None:
    parked = receipt("parked", 1, at=20, attempt=3)
    assert _names(created(1), parked) == ["created", "written", "logged", "parked"]
    names = _names(created(1), receipt("delivered", 1, at=900, attempt=1), parked)
    assert names == ["created", "written", "logged", "parked", "acknowledged", "delivered"]


_ENDINGS = [
    ("superseded", receipt("superseded", 1, at=9, superseded_by=id_at(5))),
    ("expired", receipt("expired", 1, at=9)),
    ("muted", created(1, removed=b"muted")),
    ("withdrawn", created(1, removed=b"withdrawn")),
    ("withdrawn", changed("withdrawn", mark(1, withdrawn_at=time_at(9)), at=9)),
    ("dead_lettered", receipt("dead_lettered", 1, at=9, reason="no id")),
]


@pytest.mark.parametrize(("status", "ending"), _ENDINGS)
def test_each_ending_is_a_step_and_the_status(status: str, ending: Event) -> None:
    steps = steps_of(id_at(1), read(created(1), ending), None)
    assert [step.name for step in steps].count(status) == 1
    assert status_of(steps, None, START + 100) == status


def test_the_newer_record_tells_what_it_superseded() -> None:
    notice = b'{"changed": [{"id": "%b", "superseded_by": "%b"}]}'
    newer = created(50, inbox=notice % (id_at(1).encode(), id_at(5).encode()))
    steps = _told(created(1), receipt("delivered", 1, at=3), newer)
    assert steps[-1]["name"] == "superseded"
    assert steps[-1]["details"] == {"superseded_by": id_at(5)}
    # The newer notification's record must not add a `logged` step to this notification's life.
    assert [step["name"] for step in steps].count("logged") == 1


def test_a_dead_letter_tells_the_reason() -> None:
    letter = event("created", b"{", at=7, topic="notifications-dlq", dlq_reason=b"no title")
    (step,) = steps_of(id_at(1), [(letter, dead_letter_of(letter, "ana", id_at(1)))], None)
    assert (step.name, step.details["reason"]) == ("dead_lettered", "no title")


def test_an_expiry_without_a_receipt_is_known_from_the_time() -> None:
    steps = steps_of(id_at(1), read(created(1)), None)
    assert status_of(steps, START + 50, START + 49) == "pending"
    assert status_of(steps, START + 50, START + 50) == "expired"


def test_what_the_topics_do_not_tell_comes_from_the_api() -> None:
    stored = {
        "created_at": time_at(1),
        "delivered_at": time_at(8),
        "seen_at": None,
        "read_at": time_at(9),
        "status": "withdrawn",
    }
    assert _names(stored=stored) == ["created", "written", "delivered", "read", "withdrawn"]


_events = st.sampled_from(
    [created(1), *(ending for _, ending in _ENDINGS), receipt("delivered", 1, at=30)]
)


@given(st.lists(_events, max_size=8).flatmap(st.permutations))
def test_repeats_and_their_order_change_nothing(events: list[Event]) -> None:
    told = _told(*events)
    assert [step["name"] for step in told] == [step["name"] for step in _told(*reversed(events))]
    names = [step["name"] for step in told]
    assert len(names) == len(set(names))
    times = [step["at"] for step in told if step["at"] is not None]
    assert times == sorted(times)
    assert all((step["after_ms"] or 0) >= 0 for step in told)
