"""Writes receipts that no other part writes.

These are the receipts that a dead instance left behind, and those of notifications that expired
after their record was settled. Only the owner of partition 0 does this. If two instances both
believe that they are this owner, it does no harm: a receipt that is written twice has the same id.
"""

import asyncio
import itertools
import logging
import time
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial

from bson import ObjectId
from pymongo.errors import PyMongoError

from delivery.core.receipt import Receipt, expired_receipt
from delivery.delivered.moments import users_of
from delivery.inbox import ExpiryPosition, Inbox
from delivery.push.owner import Owner
from delivery.push.subscribers import Subscribers
from delivery.receipts.owed_receipts import OwedDocument, OwedReceipts
from delivery.receipts.queue import Receipts
from delivery.receipts.written import WrittenReceipts, without
from producer_api.contract.events import ReceiptType

_log = logging.getLogger(__name__)

_INTERVAL_SECONDS = 1.0
_CONFIRM_SECONDS = 30.0
#: When owed receipts are this old and their instance is not in the group's map, that instance
#: has stopped.
_GONE_SECONDS = 2.0
#: When owed receipts are this old and their instance is in the map, Kafka has confirmed them, or
#: the instance has dropped them for lack of room. No inbox write can still be under way either.
_LEFT_SECONDS = 60.0
_LEFT_PER_ROUND = 100
#: While more receipts than this wait for Kafka, none are recovered.
_MANY_WAITING = 10_000
_EXPIRED_PER_ROUND = 1_000
#: How far the machines' clocks may differ. A notification counts as expired once it has expired by
#: every clock.
_MAX_CLOCK_SKEW = timedelta(seconds=1)


class ReceiptRecovery:
    """Owns the ids of the owed receipts that it has queued and that Kafka has not confirmed yet."""

    def __init__(
        self,
        owner: Owner,
        subscribers: Subscribers,
        inbox: Inbox,
        owed: OwedReceipts,
        receipts: Receipts,
        written: WrittenReceipts,
    ) -> None:
        self._owner = owner
        self._subscribers = subscribers
        self._inbox = inbox
        self._owed = owed
        self._receipts = receipts
        self._written = written
        self._under_way: set[ObjectId] = set()

    async def run(self) -> None:
        """Look for missing receipts every second, until cancelled."""
        while True:
            await asyncio.sleep(_INTERVAL_SECONDS)
            # While many receipts wait for Kafka, more would only make the queue longer.
            if 0 not in self._owner.partitions or self._receipts.size > _MANY_WAITING:
                continue
            try:
                await self._recover_left()
                while await self._recover_expired():
                    pass
            except PyMongoError as error:
                _log.warning("receipts not recovered", extra={"cause": str(error)})

    async def _recover_left(self) -> None:
        left = await self._left()
        if not left:
            return
        # Look on the topic first: the instances may have died after Kafka had the receipts.
        since = time.time() - max(owed.age_seconds for owed, _ in left)
        written = await self._written.of(
            (receipt for _, receipts in left for receipt in receipts), since
        )
        for owed, receipts in left:
            missing = without(receipts, written)
            if not missing:
                self._owed.end([owed.id])
            elif self._receipts.add(missing, partial(self._end, owed.id)):
                self._under_way.add(owed.id)

    async def _left(self) -> list[tuple[OwedDocument, list[Receipt]]]:
        """Return the documents that instances have left behind, with the receipts they owe."""
        members = set(self._subscribers.ownership.owners)
        left = []
        for owed in await self._owed.oldest(_GONE_SECONDS, _LEFT_PER_ROUND):
            min_age = _min_age_seconds(owed.instance, members)
            if owed.id in self._under_way or owed.age_seconds < min_age:
                continue
            ids = [delivered_id for delivered in owed.delivered for delivered_id in delivered.ids]
            times = await self._inbox.delivered_at(users_of(owed.delivered), ids)
            # If some are not delivered yet, the instance may still be running, although it has left
            # the group, and about to write the rest. Leave the document to that instance for now.
            if len(times) == len(set(ids)) or owed.age_seconds >= _LEFT_SECONDS:
                left.append((owed, _delivered_receipts(owed, times)))
        return left

    def _end(self, owed_id: ObjectId) -> None:
        self._under_way.discard(owed_id)
        self._owed.end([owed_id])

    async def _recover_expired(self) -> bool:
        """Write receipts of expired notifications, and return whether there may be more."""
        last_expiry, until = await self._owed.last_expiry(), datetime.now(UTC) - _MAX_CLOCK_SKEW
        expired = await self._inbox.expired(last_expiry, until, _EXPIRED_PER_ROUND)
        receipts = [
            expired_receipt(item.user, item.id, item.expires_at.timestamp()) for item in expired
        ]
        if not receipts:
            return False
        is_added = self._receipts.add(receipts)
        if not is_added or not await self._receipts.confirmed(_CONFIRM_SECONDS, urgent=False):
            return False
        # Advance the position only after Kafka has the receipts. Otherwise a crash in between would
        # skip them.
        await self._owed.set_last_expiry(ExpiryPosition(expired[-1].expires_at, expired[-1].id))
        return len(expired) == _EXPIRED_PER_ROUND


def _delivered_receipts(owed: OwedDocument, times: Mapping[str, datetime]) -> list[Receipt]:
    """Return receipts for the notifications that the document's instance has delivered.

    `times` has the `delivered_at` of those that are delivered. The instance may have died before it
    wrote `delivered_at`. If another instance wrote it, that instance also writes the receipt.
    """
    moments = owed.moments or itertools.repeat(None)
    receipts = []
    for delivered, moment in zip(owed.delivered, moments, strict=False):
        for delivered_id in delivered.ids:
            time = times.get(delivered_id)
            if time is not None and moment in (None, round(time.timestamp() * 1000)):
                kind, user = ReceiptType.DELIVERED, delivered.user
                at, attempt = time.timestamp(), delivered.attempt
                receipts.append(Receipt(kind, user, (delivered_id,), at, attempt))
    return receipts


def _min_age_seconds(instance: str, members: Collection[str]) -> float:
    if not instance:
        return 0.0  # an earlier process at this instance's address, so it has stopped
    return _LEFT_SECONDS if instance in members else _GONE_SECONDS
