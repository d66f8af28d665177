"""A shopper who marks many notifications at once does not keep the event loop busy."""

import json
from itertools import chain

import pytest

from delivery.sockets import inbox_events as module
from delivery.sockets.inbox_events import InboxEvents
from tests.delivery.sockets.served import until


def _mark(number: int) -> bytes:
    changed = [{"id": f"{number:04}", "read_at": None}]
    about = {"user_id": "ana", "at": f"2026-01-01T00:00:{number:09}Z"}
    counts = {"unread_count": number, "unseen_count": 0}
    return json.dumps({**counts, "changed": changed, **about}).encode()


def _ids(payloads: list[bytes]) -> list[list[str]]:
    return [[change["id"] for change in json.loads(each)["changed"]] for each in payloads]


class _Emitted:
    def __init__(self) -> None:
        self.of: dict[str, list[bytes]] = {"ana": [], "ben": []}
        self.events = InboxEvents(lambda user, payload: self.of[user].append(payload))


async def test_the_first_events_are_emitted_at_once_and_the_next_ones_together() -> None:
    emitted = _Emitted()
    for number in range(80):
        emitted.events.add("ana", _mark(number))
        emitted.events.add("ben", _mark(number))
    assert _ids(emitted.of["ana"]) == [[f"{number:04}"] for number in range(5)]
    await until(lambda: all(len(payloads) == 6 for payloads in emitted.of.values()))
    assert emitted.of["ben"] == emitted.of["ana"]
    assert _ids(emitted.of["ana"])[5] == [f"{number:04}" for number in range(79, 4, -1)]
    assert json.loads(emitted.of["ana"][5])["unread_count"] == 79


async def test_a_thousand_marks_are_a_few_events() -> None:
    emitted = _Emitted()
    for number in range(1_000):
        emitted.events.add("ana", _mark(number))
    await until(lambda: not emitted.events._waiting)
    assert sorted(chain(*_ids(emitted.of["ana"]))) == [f"{number:04}" for number in range(1_000)]
    assert len(emitted.of["ana"]) < 20


async def test_what_is_gathered_is_emitted_before_anything_that_must_follow_it() -> None:
    emitted = _Emitted()
    for number in range(8):
        emitted.events.add("ana", _mark(number))
    emitted.events.flush("ben")
    assert len(emitted.of["ana"]) == 5
    emitted.events.flush("ana")
    assert _ids(emitted.of["ana"])[5:] == [["0007", "0006", "0005"]]


async def test_after_a_pause_events_are_emitted_at_once_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_GATHER_SECONDS", 0.01)
    emitted = _Emitted()
    for number in range(8):
        emitted.events.add("ana", _mark(number))
    await until(lambda: not emitted.events._recent)
    assert len(emitted.of["ana"]) == 6
    emitted.events.add("ana", _mark(8))
    assert _ids(emitted.of["ana"])[-1] == ["0008"]
    await until(lambda: not emitted.events._recent)
    assert not emitted.events._waiting
