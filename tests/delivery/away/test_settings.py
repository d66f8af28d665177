"""The settings with which the away program refuses to start, and its error messages."""

import pytest
from pydantic import ValidationError

from delivery.away.core.entry import Way
from delivery.away.settings import AwaySettings
from tests.services.push_service import PRIVATE_KEY
from tests.services.webhook_receiver import SECRET

_WEBHOOK = {
    "away_webhooks": "order=https://a.example/x *=https://b.example/",
    "away_webhook_secret": SECRET,
}
_PUSH = {"away_vapid_private_key": PRIVATE_KEY, "away_vapid_subject": "mailto:ops@shop.example"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "AWAY_WEBHOOKS or AWAY_VAPID_PRIVATE_KEY: neither is set"),
        ({"away_webhooks": "*=https://a.example"}, "AWAY_WEBHOOK_SECRET: not set"),
        (_WEBHOOK | {"away_webhooks": "https://a.example"}, "expected category=https://"),
        (_WEBHOOK | {"away_webhooks": "Order=https://a.example"}, "expected category=https://"),
        (_WEBHOOK | {"away_webhooks": "*=ftp://a.example"}, "expected a URL"),
        (_WEBHOOK | {"away_webhooks": "*=http://a *=http://b"}, "the category * has two URLs"),
        (_WEBHOOK | {"away_webhook_secret": "secret"}, "must be whsec_"),
        (_WEBHOOK | {"away_webhook_secret": "whsec_c2hvcnQ="}, "24 to 64 bytes"),
        (_PUSH | {"away_vapid_subject": None}, "AWAY_VAPID_SUBJECT: not set"),
        (_PUSH | {"away_vapid_subject": "ops@shop.example"}, "expected mailto:"),
        (_PUSH | {"away_vapid_private_key": "abc"}, "must be a P-256 private key"),
        (_PUSH | {"away_allowed_networks": "10.0.0.1/8"}, "expected networks such as"),
        (_PUSH | {"away_pass_quiet_hours": "order,"}, "expected categories such as order"),
        (_PUSH | {"away_until": "read"}, "'delivered' or 'seen'"),
    ],
)
def test_a_bad_setting_is_named(settings: dict[str, str | None], message: str) -> None:
    with pytest.raises(ValidationError) as raised:
        AwaySettings.model_validate(settings)
    assert message in str(raised.value)


def test_each_category_has_its_ways() -> None:
    both = AwaySettings.model_validate(_WEBHOOK | _PUSH)
    assert both.ways_of("order") == both.ways_of("offer") == [Way.WEBHOOK, Way.PUSH]
    one = AwaySettings.model_validate(
        _WEBHOOK | {"away_webhooks": "order=https://a.example security=https://a.example"}
    )
    assert (one.ways_of("security"), one.ways_of("offer")) == ([Way.WEBHOOK], [])
    assert AwaySettings.model_validate(_PUSH).ways_of("order") == [Way.PUSH]
