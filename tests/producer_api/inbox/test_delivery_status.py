"""The state of delivery that services are told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from producer_api.inbox.delivery_status import State, state_of
from tests.producer_api.documents import document

_NOW = datetime(2026, 6, 1, tzinfo=UTC)
_BEFORE, _AFTER = _NOW - timedelta(milliseconds=1), _NOW + timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, State.PENDING),
        ({"expires_at": _AFTER}, State.PENDING),
        ({"expires_at": _NOW}, State.EXPIRED),
        ({"superseded_by": "newer"}, State.SUPERSEDED),
        ({"superseded_by": "newer", "expires_at": _BEFORE}, State.SUPERSEDED),
        ({"delivered_at": _BEFORE, "superseded_by": "newer"}, State.DELIVERED),
        ({"delivered_at": _BEFORE, "expires_at": _BEFORE}, State.DELIVERED),
        ({"dead_lettered_at": _BEFORE}, State.DEAD_LETTERED),
        ({"dead_lettered_at": None}, State.PENDING),
        ({"dead_lettered_at": _BEFORE, "delivered_at": _BEFORE}, State.DELIVERED),
        ({"dead_lettered_at": _BEFORE, "superseded_by": "newer"}, State.SUPERSEDED),
        ({"dead_lettered_at": _BEFORE, "expires_at": _BEFORE}, State.EXPIRED),
    ],
)
def test_state(fields: dict[str, Any], state: State) -> None:
    assert state_of(document(**fields), _NOW) is state
