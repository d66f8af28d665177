"""The signed tokens for push services."""

import pytest

from delivery.away.vapid_keys import new_private_key
from delivery.away.ways.push_encryption import Vapid

_HOUR = 3600.0


@pytest.mark.parametrize(
    ("later", "is_same"), [(_HOUR, True), (7 * _HOUR, False), (-24 * _HOUR, False)]
)
def test_a_token_is_used_again_for_some_hours_unless_the_clock_was_set_back(
    later: float, is_same: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_800_000_000.0]
    monkeypatch.setattr("delivery.away.ways.push_encryption.time.time", lambda: now[0])
    vapid = Vapid(new_private_key(), "mailto:ops@shop.example")
    first = vapid.authorization("https://push.example/1")
    now[0] += later
    assert (vapid.authorization("https://push.example/2") == first) is is_same
