"""A name that resolves to a private address may resolve to a public one later."""

import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from delivery.away.calls.endpoint_client import EndpointClient
from delivery.away.core.entry import Entry, Until, Way
from delivery.away.store.push_subscriptions import PushSubscriptions
from delivery.away.vapid_keys import new_private_key
from delivery.away.ways.outcome import Failed, NoRecipient, Refused
from delivery.away.ways.push import PushWay
from delivery.away.ways.push_encryption import Vapid
from delivery.away.ways.webhook import WebhookWay
from producer_api.contract.push_subscription import PushSubscription
from tests.producer_api.documents import document
from tests.services.push_service import Browser

_NOW = datetime(2026, 11, 2, 8, 5, tzinfo=UTC)
_SECRET = "whsec_" + "A" * 32


class _Subscriptions:
    """Holds one user's only subscription."""

    def __init__(self, endpoint: str) -> None:
        keys = Browser(endpoint).subscription()["keys"]
        self.held = [
            PushSubscription(
                _id="1",
                user_id="ana",
                endpoint=endpoint,
                p256dh=keys["p256dh"],
                auth=keys["auth"],
                created_at=_NOW,
            )
        ]

    async def of(self, _user: str) -> list[PushSubscription]:
        return list(self.held)

    async def remove(self, subscription: PushSubscription) -> None:
        self.held.remove(subscription)


@pytest.fixture
async def client(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[EndpointClient]:
    """Return a client whose name server knows only a private address."""

    def resolve(_host: str, port: int, **_options: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    client = EndpointClient([], 4, 5.0)
    yield client
    await client.close()


def _push(subscriptions: _Subscriptions, client: EndpointClient) -> PushWay:
    vapid = Vapid(new_private_key(), "mailto:ops@shop.example")
    return PushWay(cast(PushSubscriptions, subscriptions), vapid, client, 60, 4)


async def test_a_wrong_answer_of_a_name_server_keeps_the_subscription(
    client: EndpointClient,
) -> None:
    subscriptions = _Subscriptions("https://push.example/1")
    entry = Entry(Way.PUSH, "n", "ana", "order", _NOW)
    outcome = await _push(subscriptions, client).tell(entry, document(), _NOW)
    assert isinstance(outcome, Failed)
    assert "10.0.0.1, which is not public" in outcome.reason
    assert len(subscriptions.held) == 1


@pytest.mark.parametrize("endpoint", ["https://10.0.0.1/1", "https://["])
async def test_a_subscription_with_a_private_or_damaged_address_is_removed(
    endpoint: str, client: EndpointClient
) -> None:
    subscriptions = _Subscriptions(endpoint)
    entry = Entry(Way.PUSH, "n", "ana", "order", _NOW)
    outcome = await _push(subscriptions, client).tell(entry, document(), _NOW)
    assert isinstance(outcome, NoRecipient)
    assert subscriptions.held == []


@pytest.mark.parametrize(("host", "outcome"), [("hook.example", Failed), ("10.0.0.1", Refused)])
async def test_a_webhook_is_given_up_at_once_only_if_its_url_has_the_private_address(
    host: str, outcome: type, client: EndpointClient
) -> None:
    way = WebhookWay(f"http://{host}/", [_SECRET], Until.DELIVERED, client)
    entry = Entry(Way.WEBHOOK, "n", "ana", "order", _NOW)
    assert isinstance(await way.tell(entry, document(), _NOW), outcome)
