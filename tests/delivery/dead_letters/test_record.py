"""The headers of dead letters: always a valid CloudEvent, and no original header is lost."""

from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.dead_letters.record import (
    headers_of,
    is_cloud_event,
    notification_of,
    original_headers,
)
from producer_api.contract.events import EventType, headers

_ID, _OTHER = "0198c0de-0001-7000-8000-000000000001", "0198c0de-0001-7000-8000-000000000002"
_WHOLE = headers(_ID, EventType.CREATED, "/test", "2026-01-01T00:00:00Z")

_SPACES = b" " * 600_000

_NAMES = st.sampled_from(
    ["ce_id", "ce_type", "ce_source", "ce_specversion", "ce_time", "content-type", "traceparent"]
)
_VALUES = st.none() | st.binary(max_size=6)


def a_record(*, value: bytes | None = b"{", key: bytes | None = b"ana", **fields: Any) -> Any:
    """Return a record as aiokafka returns it."""
    place = {"topic": "notifications", "partition": 3, "offset": 7, "timestamp": 1_000}
    return SimpleNamespace(value=value, key=key, **{"headers": (), **place, **fields})


def test_a_key_that_is_too_large_for_a_user_id_names_no_notification() -> None:
    value = orjson.dumps({"id": _ID})
    assert notification_of(a_record(value=value)) == (_ID, "ana")
    assert notification_of(a_record(value=value, key=b"a" * 1_000)) is None


@given(st.lists(st.tuples(_NAMES, _VALUES), max_size=8) | st.just(_WHOLE))
def test_any_headers_are_kept_within_a_valid_cloud_event(
    original: list[tuple[str, bytes | None]],
) -> None:
    encoded = headers_of(a_record(headers=tuple(original)), "a reason")
    assert is_cloud_event(encoded)
    assert original_headers(encoded) == list(original)
    assert ("dlq_reason", b"a reason") in encoded
    assert ("dlq_offset", b"7") in encoded


@pytest.mark.parametrize("timestamp", [-1, 0, 2**62])
def test_any_timestamp_gives_a_valid_cloud_event(timestamp: int) -> None:
    assert is_cloud_event(headers_of(a_record(timestamp=timestamp), "a reason"))


def test_headers_of_a_cloud_event_stay_as_they_are() -> None:
    assert headers_of(a_record(headers=tuple(_WHOLE)), "x")[: len(_WHOLE)] == list(_WHOLE)


@pytest.mark.parametrize("broken", [b"", b"\xff", None])
def test_attributes_must_be_text_and_appear_once(broken: bytes | None) -> None:
    assert is_cloud_event(_WHOLE)
    assert not is_cloud_event([*_WHOLE[1:], ("ce_id", broken)])
    assert not is_cloud_event([*_WHOLE, ("ce_id", b"twice")])


@pytest.mark.parametrize(
    ("record", "named"),
    [
        (a_record(headers=_WHOLE), (_ID, "ana")),
        (a_record(headers=_WHOLE, value=b'{"id":"%b"}' % _OTHER.encode()), (_OTHER, "ana")),
        (a_record(headers=_WHOLE, value=b'{"id":3}'), (_ID, "ana")),
        # A large value is not parsed, because that would take long.
        (a_record(headers=_WHOLE, value=b'{"id":"%b"}' % _OTHER.encode() + _SPACES), (_ID, "ana")),
        (a_record(headers=[("ce_id", b"\xff")]), None),
        (a_record(headers=headers(_ID, EventType.READ, "/test", "")), None),
        (a_record(), None),
        (a_record(headers=_WHOLE, key=b"\xff"), None),
        (a_record(headers=_WHOLE, key=None), (_ID, "")),
    ],
)
def test_notification_id_is_taken_from_the_value_or_else_from_the_headers(
    record: Any, named: tuple[str, str] | None
) -> None:
    assert notification_of(record) == named
