"""The time limits of the clients fit each other, and every client of MongoDB has them."""

from typing import Any

from delivery.away.store.database import Database
from delivery.consume import group_member
from delivery.inbox import Inbox
from delivery.settings import Settings
from producer_api.mongodb.connection import connect
from producer_api.settings import Settings as ApiSettings
from runtime.time_limits import CONSUMER_LIMITS

_URL = "mongodb://127.0.0.1:1/?replicaSet=rs0"


def test_a_member_finds_the_next_coordinator_within_its_session() -> None:
    request = CONSUMER_LIMITS["request_timeout_ms"]
    session = Settings.model_fields["kafka_session_timeout_ms"].default
    assert request > group_member._REBALANCE_MS, "a join waits for the other members"
    assert request + group_member._HEARTBEAT_MS < session


async def test_every_client_of_mongodb_leaves_a_suspended_server_within_six_seconds() -> None:
    api = ApiSettings(mongo_url=_URL, auth_jwt_secret="s" * 32)
    for client in (connect(api), Inbox(_URL, "test")._client, Database(_URL, "test")._client):
        delegate: Any = client.delegate
        options = delegate.options
        assert options.pool_options.connect_timeout + options._options["heartbeatfrequencyms"] <= 6
        assert options.server_selection_timeout < options.pool_options.socket_timeout == 10
        client.close()
