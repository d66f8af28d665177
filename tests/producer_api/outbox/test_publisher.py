"""The publisher, over a producer that confirms when the test says so."""

import asyncio
from typing import Any

import pytest

from producer_api.metrics import Metrics
from producer_api.outbox.publisher import NotPublishedError, Publisher
from producer_api.outbox.records import Record
from producer_api.settings import Settings

_RECORD = Record(b"ana", b"{}", [])


class _Producer:
    """Stands in for aiokafka's, which no broker can be made to keep waiting so exactly."""

    def __init__(self) -> None:
        self.sent: list[asyncio.Future[Any]] = []

    async def send(self, *_: Any, **__: Any) -> asyncio.Future[Any]:
        self.sent.append(asyncio.get_running_loop().create_future())
        return self.sent[-1]

    async def stop(self) -> None:
        """Nothing to stop."""


async def test_nothing_is_tried_until_all_that_failed_is_known() -> None:
    """Two calls fail, one after the other: the end of the first alone opens nothing."""
    settings = Settings(auth_jwt_secret="x" * 32, producer_api_publish_timeout_seconds=0.05)
    publisher, producer = Publisher(settings, Metrics()), _Producer()
    publisher._producer = producer
    running = asyncio.create_task(publisher.run())
    try:
        async with asyncio.timeout(5):
            await publisher._ready.wait()
            first = asyncio.create_task(publisher.publish([_RECORD], "marks"))
            while not producer.sent:  # noqa: ASYNC110 - the other task's next step
                await asyncio.sleep(0)
            second = asyncio.create_task(publisher.publish([_RECORD], "marks"))
            while len(producer.sent) < 2:  # noqa: ASYNC110 - the other task's next step
                await asyncio.sleep(0)
            first.cancel()
            with pytest.raises(NotPublishedError):
                await second
            producer.sent[0].set_result(None)
            for _ in range(10):
                await asyncio.sleep(0)
            with pytest.raises(NotPublishedError, match="not connected"):
                await publisher.publish([_RECORD], "marks")
            producer.sent[1].set_result(None)
            await publisher._ready.wait()
    finally:
        running.cancel()
        await asyncio.wait([running])
