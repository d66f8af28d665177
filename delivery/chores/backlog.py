"""How much the inbox owes, a partition: one instance asks for all, the owner of partition 0."""

import asyncio
import logging
import time
from collections import Counter

from pymongo.errors import PyMongoError

from delivery.gauges import PartitionGauges
from delivery.inbox import Inbox
from delivery.push.owner import Owner
from delivery.push.subscribers import Subscribers
from producer_api.contract.partitioning import partition_of

_log = logging.getLogger(__name__)

_INTERVAL_SECONDS = 5.0
_USERS_A_TURN = 500
#: The answer of a large backlog takes MongoDB a while: it is to take 2 % of its time at most.
_PAUSE_A_SECOND_ASKED = 50.0


async def watch_backlog(
    inbox: Inbox, owner: Owner, subscribers: Subscribers, gauges: PartitionGauges
) -> None:
    """Ask for ever."""
    while True:
        begun = time.monotonic()
        partitions = len(subscribers.ownership.owners)
        if 0 not in owner.partitions or not partitions:
            gauges.owed = {}
        else:
            try:
                gauges.owed = await _owed(inbox, partitions)
            except PyMongoError as error:
                _log.warning("the inbox does not say what it owes", extra={"cause": str(error)})
        asked = time.monotonic() - begun
        await asyncio.sleep(max(_INTERVAL_SECONDS, asked * _PAUSE_A_SECOND_ASKED))


async def _owed(inbox: Inbox, partitions: int) -> dict[int, int]:
    owed: Counter[int] = Counter(dict.fromkeys(range(partitions), 0))
    for number, (user, count) in enumerate(await inbox.owed_by_user()):
        if number % _USERS_A_TURN == 0:
            await asyncio.sleep(0)  # pushes go first
        owed[partition_of(user, partitions)] += count
    return dict(owed)
