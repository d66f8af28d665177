"""A member of the group inside the test process, so that a test can delay its steps."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

from aiokafka import AIOKafkaConsumer
from pymongo import AsyncMongoClient

from delivery.consume.group_member import GroupMember, NotReadyError
from delivery.consume.map_followers import MapFollowers
from delivery.consume.stopped_notes import StoppedNotes
from delivery.consume.writers import Writers
from delivery.dead_letters.sender import DeadLetters
from delivery.delivered.writer import DeliveredWriter
from delivery.inbox import Inbox
from delivery.peers.peer_watch import PeerWatch
from delivery.push.catch_up import CatchUp
from delivery.push.deadlines import Deadlines
from delivery.push.parts import PushParts
from delivery.push.routes import Routes
from delivery.push.subscribers import Subscribers
from delivery.receipts.owed_receipts import OwedReceipts
from delivery.receipts.queue import Receipts
from delivery.settings import Settings
from delivery.sockets.edge_map import EdgeMap
from producer_api.contract.known_topic import COLLECTION, KnownTopic
from tests.services.waiting import eventually

_numbers = itertools.count()
_ALL = 1_000_000


class Member:
    """Consumes and commits like an instance, without sockets, inbox and `delivered_at`.

    Commits wait for receipts, so the member confirms each receipt immediately.
    """

    def __init__(self, env: Mapping[str, str]) -> None:
        values: dict[str, Any] = {name.lower(): value for name, value in env.items()}
        # Each member needs its own address in the group's map.
        address = f"http://127.0.0.1/{next(_numbers)}"
        settings = Settings.model_validate(values | {"delivery_advertised_url": address})
        no_inbox = cast(Inbox, None)
        self._mongo: AsyncMongoClient[Any] = AsyncMongoClient(settings.mongo_url)
        topics = self._mongo[settings.mongo_database][COLLECTION]
        known = KnownTopic(topics, settings.kafka_topic)
        self._receipts = receipts = Receipts()
        delivered = DeliveredWriter(no_inbox, cast(OwedReceipts, None), receipts)
        subscribers = Subscribers()
        self.push = PushParts.wired(
            settings.rules,
            subscribers,
            Routes(),
            delivered,
            receipts,
            CatchUp(no_inbox),
            Deadlines(),
        )
        self.owner = self.push.owner
        writers = Writers(delivered, receipts, cast(DeadLetters, None), cast(StoppedNotes, None))
        followers = MapFollowers(subscribers, EdgeMap(), PeerWatch(address, is_on=False))
        self._member = GroupMember(settings, self.push, followers, writers, known)

    @property
    def consumer(self) -> AIOKafkaConsumer:
        """The member's Kafka consumer."""
        assert self._member._membership is not None
        return self._member._membership.consumer

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Join the group, wait for partitions, and leave when the context ends."""
        consuming = asyncio.create_task(self._member.run())
        confirming = asyncio.create_task(self._confirm_receipts())
        try:
            await eventually(self._is_ready)
            yield
        finally:
            await self._member.stop(0)
            confirming.cancel()
            await asyncio.wait((confirming,))
            await self._mongo.close()
        consuming.result()

    @asynccontextmanager
    async def dying(self) -> AsyncIterator["asyncio.Task[None]"]:
        """Join the group, and yield the member's task, so that the test can make it fail."""
        consuming = asyncio.create_task(self._member.run())
        confirming = asyncio.create_task(self._confirm_receipts())
        try:
            yield consuming
        finally:
            confirming.cancel()
            consuming.cancel()
            await asyncio.wait((confirming, consuming))
            await self._mongo.close()

    async def ready(self) -> None:
        """Wait until the member is ready."""
        await eventually(self._is_ready)

    async def check(self) -> None:
        """Raise `NotReadyError` if the member is not ready."""
        await self._member.check()

    async def _confirm_receipts(self) -> None:
        while True:
            await self._receipts.any()
            self._receipts.confirm(self._receipts.oldest(_ALL))

    async def _is_ready(self) -> bool:
        try:
            await self._member.check()
        except NotReadyError:
            return False
        return True
