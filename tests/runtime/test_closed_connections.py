"""A connection that was closed just before a write counts as broken, on any event loop."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import uvloop
from aiokafka.conn import AIOKafkaConnection, create_conn
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest

from runtime.closed_connections import report_closed_connections
from tests.services.parts import Services


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_request_on_a_closed_transport_says_that_the_connection_is_broken(
    services: Services, new_loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    report_closed_connections()
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(_request_on_a_closed_transport(services.kafka_bootstrap))


async def _request_on_a_closed_transport(bootstrap: str) -> None:
    host, _, port = bootstrap.partition(":")
    connection = await create_conn(host, int(port), request_timeout_ms=10_000)
    connection._writer.transport.abort()
    await asyncio.sleep(0)  # The transport is closed now, and aiokafka has not been told yet.
    with pytest.raises(KafkaConnectionError):
        await connection.send(MetadataRequest([]))
    assert not connection.connected()


async def test_another_error_is_left_as_it_is(services: Services) -> None:
    report_closed_connections()
    host, _, port = services.kafka_bootstrap.partition(":")
    connection = await create_conn(host, int(port))

    class _Request:
        def prepare(self, _versions: Any) -> Any:
            raise RuntimeError("a bug")

    try:
        with pytest.raises(RuntimeError, match="a bug"):
            connection.send(_Request())
        assert connection.connected()
    finally:
        connection.close()
    assert AIOKafkaConnection.send.__name__ == "send"
