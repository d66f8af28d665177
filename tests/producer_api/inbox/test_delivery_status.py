"""The delivery status that services see."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from producer_api.inbox.delivery_status import DeliveryStatus, status_of
from tests.producer_api.documents import document

_NOW = datetime(2026, 6, 1, tzinfo=UTC)
_BEFORE, _AFTER = _NOW - timedelta(milliseconds=1), _NOW + timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, DeliveryStatus.PENDING),
        ({"expires_at": _AFTER}, DeliveryStatus.PENDING),
        ({"expires_at": _NOW}, DeliveryStatus.EXPIRED),
        ({"superseded_by": "newer"}, DeliveryStatus.SUPERSEDED),
        ({"superseded_by": "newer", "expires_at": _BEFORE}, DeliveryStatus.SUPERSEDED),
        ({"delivered_at": _BEFORE, "superseded_by": "newer"}, DeliveryStatus.DELIVERED),
        ({"delivered_at": _BEFORE, "expires_at": _BEFORE}, DeliveryStatus.DELIVERED),
        ({"dead_lettered_at": _BEFORE}, DeliveryStatus.DEAD_LETTERED),
        ({"dead_lettered_at": None}, DeliveryStatus.PENDING),
        ({"dead_lettered_at": _BEFORE, "delivered_at": _BEFORE}, DeliveryStatus.DELIVERED),
        ({"dead_lettered_at": _BEFORE, "superseded_by": "newer"}, DeliveryStatus.SUPERSEDED),
        ({"dead_lettered_at": _BEFORE, "expires_at": _BEFORE}, DeliveryStatus.EXPIRED),
    ],
)
def test_status_follows_from_the_times_with_delivered_first(
    fields: dict[str, Any], status: DeliveryStatus
) -> None:
    assert status_of(document(**fields), _NOW) is status
