"""Tells the receipts that nobody else tells: of what an instance left behind, and of what expired.

One instance of the group does so, the owner of partition 0. While two believe to be that, both do:
a receipt told twice has the same id.
"""

import asyncio
import logging
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from functools import partial

from bson import ObjectId
from pymongo.errors import PyMongoError

from delivery.core.receipt import Receipt, expired_receipt
from delivery.inbox import ExpiryPosition, Inbox
from delivery.push.owner import Owner
from delivery.push.subscribers import Subscribers
from delivery.receipts.owed import Owed, OwedReceipts
from delivery.receipts.queue import Receipts
from producer_api.contract.events import ReceiptType

_log = logging.getLogger(__name__)

_INTERVAL_SECONDS = 1.0
_CONFIRM_SECONDS = 30.0
#: An instance that is not in the group's map any more has stopped by then.
_GONE_SECONDS = 2.0
#: One that is has its receipts confirmed by then, or had no room for them; and no write that was
#: under way comes to the inbox any more.
_LEFT_SECONDS = 60.0
_LEFT_A_ROUND = 100
_MANY_WAITING = 10_000
_EXPIRED_A_ROUND = 1_000
#: Clocks differ; what expires is asked for when it has done so by all of them.
_CLOCKS = timedelta(seconds=1)


class ReceiptRecovery:
    """Owns which of the owed receipts it has told and Kafka has not yet confirmed. Looks each
    second.
    """

    def __init__(
        self,
        owner: Owner,
        subscribers: Subscribers,
        inbox: Inbox,
        owed: OwedReceipts,
        receipts: Receipts,
    ) -> None:
        self._owner = owner
        self._subscribers = subscribers
        self._inbox = inbox
        self._owed = owed
        self._receipts = receipts
        self._under_way: set[ObjectId] = set()

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await asyncio.sleep(_INTERVAL_SECONDS)
            # While many wait for Kafka, more of them would only wait as well.
            if 0 not in self._owner.partitions or self._receipts.size > _MANY_WAITING:
                continue
            try:
                await self._tell_left()
                while await self._tell_expired():
                    pass
            except PyMongoError as error:
                _log.warning("the inbox does not answer", extra={"cause": str(error)})

    async def _tell_left(self) -> None:
        members = set(self._subscribers.ownership.owners)
        for owed in await self._owed.oldest(_GONE_SECONDS, _LEFT_A_ROUND):
            if owed.id in self._under_way or owed.age_seconds < _patience(owed.instance, members):
                continue
            receipts = await self._of(owed)
            # Its instance is out of the group, but may live, and be about to write the rest.
            is_whole = len(receipts) == sum(len(one.ids) for one in owed.delivered)
            if not is_whole and owed.age_seconds < _LEFT_SECONDS:
                continue
            if not receipts:
                self._owed.end([owed.id])
            elif self._receipts.add(receipts, partial(self._end, owed.id)):
                self._under_way.add(owed.id)

    def _end(self, name: ObjectId) -> None:
        self._under_way.discard(name)
        self._owed.end([name])

    async def _of(self, owed: Owed) -> list[Receipt]:
        """Of what was written as delivered: that may not have been reached."""
        ids = [name for one in owed.delivered for name in one.ids]
        moments = await self._inbox.delivered_at(ids)
        return [
            Receipt(
                ReceiptType.DELIVERED, one.user, (name,), moments[name].timestamp(), one.attempt
            )
            for one in owed.delivered
            for name in one.ids
            if name in moments
        ]

    async def _tell_expired(self) -> bool:
        """Whether there may be more."""
        after, until = await self._owed.last_expiry(), datetime.now(UTC) - _CLOCKS
        found = await self._inbox.expired(after, until, _EXPIRED_A_ROUND)
        receipts = [
            expired_receipt(each.user, each.id, each.expires_at.timestamp()) for each in found
        ]
        if not receipts:
            return False
        is_added = self._receipts.add(receipts)
        if not is_added or not await self._receipts.confirmed(_CONFIRM_SECONDS):
            return False
        await self._owed.set_last_expiry(ExpiryPosition(found[-1].expires_at, found[-1].id))
        return len(found) == _EXPIRED_A_ROUND


def _patience(instance: str, members: Collection[str]) -> float:
    if not instance:
        return 0.0  # we have its address now
    return _LEFT_SECONDS if instance in members else _GONE_SECONDS
