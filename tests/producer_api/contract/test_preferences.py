"""Damaged preferences are read as not set, so that they stop no notification."""

from typing import Any

import pytest

from producer_api.contract.preferences import muted_in, quiet_hours_in

_HOURS: dict[str, Any] = {"from": "22:00", "to": "08:00", "time_zone": "Europe/Madrid"}


def test_preferences_are_read_as_stored() -> None:
    document = {"_id": "ana", "muted": ["news", "offer"], "quiet_hours": _HOURS}
    assert muted_in(document) == ["news", "offer"]
    assert quiet_hours_in(document) == _HOURS


_DAMAGED: list[dict[str, Any] | None] = [
    None,
    {"_id": "ana"},
    {"muted": "offer", "quiet_hours": "22:00"},
    {"muted": [7, None], "quiet_hours": {**_HOURS, "to": 8}},
    {"muted": {"offer": True}, "quiet_hours": {"from": "22:00"}},
]


@pytest.mark.parametrize("document", _DAMAGED)
def test_what_is_missing_or_damaged_is_the_default(document: dict[str, Any] | None) -> None:
    assert muted_in(document) == []
    assert quiet_hours_in(document) is None
