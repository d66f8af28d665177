"""The time limits of the clients fit each other, and every client has them."""

from contextlib import suppress
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaConnectionError

from delivery.away import reader as away_reader
from delivery.away.reader import Reader
from delivery.away.settings import AwaySettings
from delivery.away.store.database import Database
from delivery.consume import group_member
from delivery.core.receipt import Receipt
from delivery.inbox import Inbox
from delivery.receipts import written
from delivery.receipts.written import WrittenReceipts
from delivery.settings import Settings
from delivery.tools.settings import ToolSettings
from delivery.tools.topic_reader import topic_reader
from producer_api.contract.events import ReceiptType
from producer_api.mongodb.connection import connect
from producer_api.settings import Settings as ApiSettings
from runtime.time_limits import CONSUMER_LIMITS
from tests.services.webhook_receiver import SECRET

_URL = "mongodb://127.0.0.1:1/?replicaSet=rs0"
_KAFKA = {"kafka_bootstrap_servers": "127.0.0.1:1", "auth_jwt_secret": "s" * 32}


@pytest.mark.parametrize("program", ["delivery", "away"])
def test_a_member_finds_the_next_coordinator_within_its_session(program: str) -> None:
    request = CONSUMER_LIMITS["request_timeout_ms"]
    module: Any = group_member if program == "delivery" else away_reader
    session = Settings.model_fields["kafka_session_timeout_ms"].default
    session = getattr(module, "_SESSION_MS", session)
    assert request > module._REBALANCE_MS, "a join waits for the other members"
    assert request + module._HEARTBEAT_MS < session


@pytest.fixture
def consumers(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Collect the consumers that are started. None of them finds a broker."""
    found: list[Any] = []

    async def start(consumer: AIOKafkaConsumer) -> None:
        found.append(consumer)
        raise KafkaConnectionError("no broker")

    monkeypatch.setattr(AIOKafkaConsumer, "start", start)
    return found


async def test_every_lasting_consumer_leaves_a_suspended_broker_soon(consumers: list[Any]) -> None:
    nothing: Any = None
    settings = AwaySettings.model_validate(
        _KAFKA | {"away_webhooks": "*=https://shop.example/", "away_webhook_secret": SECRET}
    )
    with suppress(KafkaConnectionError):
        await Reader(settings, nothing, nothing, nothing)._read()
    with suppress(KafkaConnectionError):
        async with topic_reader(ToolSettings.model_validate(_KAFKA), "shadow"):
            pass
    assert len(consumers) == 2
    for consumer in consumers:
        client = consumer._client
        assert client._request_timeout_ms == CONSUMER_LIMITS["request_timeout_ms"]
        assert client._metadata_max_age_ms == CONSUMER_LIMITS["metadata_max_age_ms"]
        assert {"send", "ready"} <= vars(client).keys(), (
            "`limit_small_requests` has replaced both methods"
        )


async def test_a_look_up_of_receipts_leaves_a_suspended_broker_in_time(
    consumers: list[Any],
) -> None:
    receipt = Receipt(ReceiptType.PARKED, "ana", ("1",), at=0)
    await WrittenReceipts(Settings.model_validate(_KAFKA)).of([receipt], 0)
    (consumer,) = consumers
    assert consumer._client._request_timeout_ms / 1000 < written._SECONDS / 2


async def test_every_client_of_mongodb_leaves_a_suspended_server_within_six_seconds() -> None:
    api = ApiSettings(mongo_url=_URL, auth_jwt_secret="s" * 32)
    for client in (connect(api), Inbox(_URL, "test")._client, Database(_URL, "test")._client):
        delegate: Any = client.delegate
        options = delegate.options
        assert options.pool_options.connect_timeout + options._options["heartbeatfrequencyms"] <= 6
        assert options.server_selection_timeout < options.pool_options.socket_timeout == 10
        client.close()
