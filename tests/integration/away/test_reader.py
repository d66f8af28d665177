"""The reader commits offsets only after MongoDB has stored the entries."""

import asyncio
from collections.abc import Iterable
from typing import Any

from pymongo.errors import AutoReconnect

from delivery.away.core.entry import Entry
from delivery.away.reader import Reader
from delivery.away.settings import AwaySettings
from delivery.away.store.database import Database
from delivery.away.store.entries import COLLECTION, Entries
from delivery.consume.stopped_notes import StoppedNotes
from producer_api.contract.known_topic import KnownTopic
from tests.services.push_service import PRIVATE_KEY
from tests.services.waiting import eventually
from tests.services.world import World


class _EntriesInAnOutage(Entries):
    """Entries whose writes fail until MongoDB is back."""

    def __init__(self, collection: Any) -> None:
        super().__init__(collection, 30, 3600)
        self.is_back = False
        self.attempts = 0

    async def note(self, entries: Iterable[Entry]) -> int:
        self.attempts += 1
        if not self.is_back:
            raise AutoReconnect("no primary")
        return await super().note(entries)


async def test_offsets_wait_for_the_entries(world: World, stack_env: dict[str, str]) -> None:
    group = f"{world.group}-away"
    env = {name.lower(): value for name, value in stack_env.items()} | {"away_group_id": group}
    push = {"away_vapid_private_key": PRIVATE_KEY, "away_vapid_subject": "mailto:ops@shop.example"}
    settings = AwaySettings.model_validate(env | push)
    database = Database(settings.mongo_url, settings.mongo_database)
    entries = _EntriesInAnOutage(database[COLLECTION])
    notes = StoppedNotes(database["stopped_partitions"], "away")
    topic = KnownTopic(database["topics"], settings.kafka_topic)
    reader = Reader(settings, entries, topic, notes)

    async def committed() -> int:
        offsets = await world.admin.list_consumer_group_offsets(group)
        return sum(offset.offset for offset in offsets.values())

    async def has_tried_twice() -> bool:
        return entries.attempts >= 2

    async def all_are_committed() -> bool:
        return await committed() >= 5

    running = asyncio.create_task(reader.run())
    try:
        await world.create("ana", 5)
        await eventually(has_tried_twice)
        assert await committed() == 0
        entries.is_back = True
        await eventually(all_are_committed)
        assert await world.mongo[settings.mongo_database][COLLECTION].count_documents({}) == 5
        await reader.check()
    finally:
        running.cancel()
        await asyncio.wait((running,))
        database.close()
