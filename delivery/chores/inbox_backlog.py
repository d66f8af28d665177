"""Counts the owed notifications of each partition. Runs only at the owner of partition 0."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Mapping

from pymongo.errors import PyMongoError

from delivery.inbox import Inbox
from delivery.push.owner import Owner
from delivery.push.subscribers import Subscribers
from producer_api.contract.partitioning import partition_of

_log = logging.getLogger(__name__)

_INTERVAL_SECONDS = 5.0
#: How many users are counted before other tasks get a turn.
_USERS_PER_TURN = 500
#: MongoDB needs a while to count a large backlog. Each count is followed by a pause this many times
#: as long, so that counting takes at most 2 % of MongoDB's time.
_PAUSE_PER_COUNTING_SECOND = 50.0


class InboxBacklog:
    """Owns the latest counts; they are empty while another instance owns partition 0."""

    def __init__(self, inbox: Inbox, owner: Owner, subscribers: Subscribers) -> None:
        self._inbox = inbox
        self._owner = owner
        self._subscribers = subscribers
        self.owed: Mapping[int, int] = {}
        """The number of owed notifications, by partition."""

    async def run(self) -> None:
        """Count at each interval, until cancelled."""
        while True:
            started_at = time.monotonic()
            partitions = len(self._subscribers.ownership.owners)
            if 0 not in self._owner.partitions or not partitions:
                self.owed = {}
            else:
                try:
                    self.owed = await self._count(partitions)
                except PyMongoError as error:
                    _log.warning("backlog not counted", extra={"cause": str(error)})
            seconds = time.monotonic() - started_at
            await asyncio.sleep(max(_INTERVAL_SECONDS, seconds * _PAUSE_PER_COUNTING_SECOND))

    async def _count(self, partitions: int) -> dict[int, int]:
        owed: Counter[int] = Counter(dict.fromkeys(range(partitions), 0))
        for position, (user, count) in enumerate(await self._inbox.owed_by_user()):
            if position % _USERS_PER_TURN == 0:
                await asyncio.sleep(0)  # let pushes go first
            owed[partition_of(user, partitions)] += count
        return dict(owed)
