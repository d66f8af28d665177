"""If a round of receipts fails after Kafka has accepted some, only the others are sent again."""

import asyncio
from collections import Counter
from typing import cast

import pytest
from aiokafka.errors import KafkaError

from delivery.core.receipt import Receipt
from delivery.inbox import Inbox
from delivery.receipts import writer as module
from delivery.receipts.batches import ReceiptBatches
from delivery.receipts.queue import Receipts
from delivery.receipts.writer import ReceiptWriter
from delivery.receipts.written import WrittenReceipts
from delivery.settings import Settings
from producer_api.contract.events import ReceiptType
from tests.services.world import World

_USERS = [f"user-{number}" for number in range(9)]


async def test_a_failed_round_repeats_only_what_kafka_does_not_have(
    world: World, stack_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PAUSE_SECONDS", 0.0)
    confirmed = ReceiptBatches.confirmed
    rounds: list[int] = []

    async def confirmed_too_late(batches: ReceiptBatches) -> None:
        await confirmed(batches)
        rounds.append(1)
        if len(rounds) < 3:
            raise KafkaError("the answer was lost")

    monkeypatch.setattr(ReceiptBatches, "confirmed", confirmed_too_late)
    settings = Settings.model_validate({name.lower(): value for name, value in stack_env.items()})
    receipts = Receipts()
    written = WrittenReceipts(settings)
    writer = ReceiptWriter(settings, cast(Inbox, None), receipts, written)
    ids = {user: (world.ids.next(), world.ids.next()) for user in _USERS}
    running = asyncio.create_task(writer.run())
    for user, user_ids in ids.items():
        receipts.add((Receipt(ReceiptType.PARKED, user, user_ids, 1.0),))
    assert await receipts.confirmed(60)
    running.cancel()
    await asyncio.wait((running,))
    records = await world.records(settings.receipt_topic)
    event_ids = Counter(dict(record.headers)["ce_id"].decode() for record in records)
    assert event_ids == {f"{id_}.parked": 1 for user_ids in ids.values() for id_ in user_ids}
