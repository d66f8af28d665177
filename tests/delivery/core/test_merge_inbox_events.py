"""Merged `inbox` events have the same effect as the original ones in order."""

from itertools import pairwise
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.core.merge_inbox_events import merge_inbox_events
from producer_api.contract.inbox_event import CHANGED_LIMIT

_MARKS = st.fixed_dictionaries(
    {"id": st.sampled_from("abcdef"), "read_at": st.sampled_from([None, "1", "2"])},
    optional={"superseded_by": st.sampled_from("xyz")},
)
_CHANGES = st.lists(_MARKS, max_size=4, unique_by=lambda change: change["id"])
_SWEEPS = st.sampled_from([{}, {}, {}, {"read_up_to": "c"}, {"erased": True, "erased_up_to": "f"}])


def _event(at: int, changed: list[Any], **fields: object) -> bytes:
    counts = {"unread_count": at, "unseen_count": 0}
    about = {"user_id": "ana", "at": f"2026-01-01T00:00:00.{at:03}Z"}
    return orjson.dumps({**counts, "changed": changed, **about, **fields})


def _screen(payloads: list[bytes]) -> tuple[dict[str, Any], list[Any]]:
    """Return what a client shows after these events: its notifications, and the last counts."""
    shown: dict[str, Any] = {}
    counts: list[Any] = []
    for event in map(orjson.loads, payloads):
        if event.get("erased"):
            shown.clear()
        for mark in [key for key, marks in shown.items() if key <= event.get("read_up_to", "")]:
            shown[mark] = {**shown[mark], "read_at": event["at"]}
        shown |= {change["id"]: change for change in event["changed"]}
        counts = [event["unread_count"], event["at"]]
    return shown, counts


def _categories(payloads: list[bytes]) -> dict[str, int] | None:
    """Return the time of each category's counts at a client; None if the client must ask again."""
    known: dict[str, int] = {}
    for event in map(orjson.loads, payloads):
        if "by_category" not in event:
            return None
        known |= event["by_category"]
    return known


@given(st.lists(st.none() | st.sets(st.sampled_from(("order", "offer"))), max_size=5))
def test_merged_events_name_the_latest_counts_of_each_category_or_none(
    named: list[set[str] | None],
) -> None:
    payloads = [
        _event(at, [], **({} if names is None else {"by_category": dict.fromkeys(names, at)}))
        for at, names in enumerate(named)
    ]
    merged = merge_inbox_events(payloads)
    assert _categories(merged) in (None, _categories(payloads))
    assert len(merged) == min(1, len(payloads))
    for event in map(orjson.loads, merged):
        last = len(payloads) - 1
        assert set(event.get("by_category", {}).values()) <= {last}, (
            "no count is older than its event"
        )
        is_each_in_the_next = all(
            one is not None and one <= (two or set()) for one, two in pairwise(named)
        )
        assert ("by_category" in event) == (named[-1] is not None and is_each_in_the_next)


@given(st.lists(st.tuples(_CHANGES, _SWEEPS), max_size=12))
def test_the_effect_is_that_of_all_events_in_order(events: list[tuple[Any, Any]]) -> None:
    payloads = [_event(at, changed, **sweep) for at, (changed, sweep) in enumerate(events)]
    merged = merge_inbox_events(payloads)
    assert _screen(merged) == _screen(payloads)
    are_sweeps = [
        bool(orjson.loads(payload).keys() & {"read_up_to", "erased"}) for payload in merged
    ]
    assert all(first or second for first, second in pairwise(are_sweeps)), (
        "neighbours that only mark are merged"
    )


def test_marks_of_hundreds_of_notifications_stay_within_the_limit_of_an_event() -> None:
    payloads = [_event(at, [{"id": f"{at:04}", "read_at": None}]) for at in range(350)]
    merged = [orjson.loads(payload) for payload in merge_inbox_events(payloads)]
    assert [len(event["changed"]) for event in merged] == [CHANGED_LIMIT] * 3 + [50]
    newest_first = [change["id"] for change in merged[0]["changed"]]
    assert newest_first == sorted(newest_first, reverse=True)


def test_a_repeat_undoes_nothing() -> None:
    read = _event(2, [{"id": "a", "read_at": "2"}])
    repeat = _event(1, [{"id": "a", "read_at": None}])
    assert merge_inbox_events([read, repeat]) == [read, repeat]
    assert merge_inbox_events([repeat, repeat]) == [repeat, repeat]


_NO_LIST = _event(2, []).replace(b"[]", b"{}")


@pytest.mark.parametrize(
    "odd",
    [
        b"{",
        b"[]",
        b"{}",
        b"7",
        _event(2, ["a"]),
        _NO_LIST,
        b'"\xff"',
        _event(2, [], by_category=[]),
    ],
)
def test_an_invalid_event_passes_unchanged(odd: bytes) -> None:
    first, last = _event(1, []), _event(3, [])
    assert merge_inbox_events([first, odd, last]) == [first, odd, last]
