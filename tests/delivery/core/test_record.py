"""Expiry of a notification."""

import pytest

from delivery.core.record import OwedNotification, has_expired


@pytest.mark.parametrize(
    ("expires_at", "expired"), [(None, False), (9.999, True), (10.0, True), (10.001, False)]
)
def test_notification_expires_exactly_at_its_time(expires_at: float | None, expired: bool) -> None:
    assert has_expired(OwedNotification("id", b"{}", expires_at), 10.0) is expired
