"""Writes the queued receipts to their topic, without delaying pushes."""

import asyncio
import logging
import math
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from pymongo.errors import PyMongoError

from delivery import metrics
from delivery.core.receipt import Receipt, expired_receipt
from delivery.inbox import Inbox, TakenBack
from delivery.receipts.batches import ReceiptBatches
from delivery.receipts.queue import QueuedReceipts, Receipts
from delivery.receipts.records import record_bodies
from delivery.receipts.written import WrittenReceipts, without
from delivery.settings import Settings
from producer_api.contract.events import ReceiptType
from producer_api.contract.partitioning import partition_of
from runtime.kafka_producer import ProducerKeeper

_log = logging.getLogger(__name__)

_RECEIPTS_PER_ROUND = 5_000
#: After this number of receipts, other tasks run, because pushes are more urgent.
_SLICE = 200
_BATCH_BYTES = 512 * 1024
_ROUND_SECONDS = 30.0
_STOP_SECONDS = 1.0
_PAUSE_SECONDS = 1.0
#: If a round begins this long after its receipts were noticed, this process was suspended. By then
#: this instance may count as dead, and another instance may have written its receipts
#: (`chores.receipt_recovery`).
_FROZEN_SECONDS = 2.0
#: Queued receipts of these kinds are only candidates: the inbox decides (see `_verified`).
_CANDIDATES = (ReceiptType.SUPERSEDED, ReceiptType.WITHDRAWN)
#: For how many notifications the writer remembers that it wrote a receipt of these kinds.
_REMEMBERED = 10_000


class ReceiptWriter:
    """Owns the idempotent producer of receipts, and replaces it after a failure.

    Rounds do not overlap: receipts that are added during a round go into the next one. A failed
    round is repeated as a whole, so a receipt may be written twice, with the same id.

    Also owns the ids of the superseded or withdrawn notifications for which it wrote receipts last.
    """

    def __init__(
        self, settings: Settings, inbox: Inbox, receipts: Receipts, written: WrittenReceipts
    ) -> None:
        self._settings = settings
        self._inbox = inbox
        self._receipts = receipts
        self._topic = settings.receipt_topic
        self._producer = ProducerKeeper(self._make_producer, _STOP_SECONDS)
        self._written = written
        #: The Unix time since which queued receipts may have been written. Infinite if certainly
        #: none were.
        self._uncertain_since = math.inf
        self._taken_back: dict[str, None] = {}

    async def run(self) -> None:
        """Write receipts until cancelled; then stop the producer, within a second."""
        try:
            while True:
                await self._receipts.any()
                began_at = time.time()
                # A full round would gain nothing by waiting for more.
                await self._receipts.gather(enough=_RECEIPTS_PER_ROUND)
                if time.time() - began_at > _FROZEN_SECONDS:
                    # This process was suspended, so another instance may have written the receipts
                    # that this one owed.
                    self._uncertain_since = min(self._uncertain_since, began_at)
                # Keep the receipts in the queue until Kafka has them: a failed round repeats them.
                queued = self._receipts.oldest(_RECEIPTS_PER_ROUND)
                try:
                    async with asyncio.timeout(_ROUND_SECONDS):
                        await self._write(queued)
                except (KafkaError, OSError, PyMongoError, TimeoutError) as error:
                    _log.warning("receipts not written yet", extra={"cause": repr(error)})
                    await self._producer.stop()
                    self._uncertain_since = min(self._uncertain_since, began_at)
                    await asyncio.sleep(_PAUSE_SECONDS)
                    continue
                self._uncertain_since = math.inf
                self._receipts.confirm(queued)
        finally:
            await self._producer.stop()

    async def _write(self, queued: Sequence[QueuedReceipts]) -> None:
        receipts = await self._verified(receipt for added in queued for receipt in added.receipts)
        if self._uncertain_since < math.inf:
            written = await self._written.of(receipts, self._uncertain_since)
            receipts = without(receipts, written)
        producer = await self._producer.started()
        # aiokafka answers from its cached metadata. Only a new producer asks Kafka.
        partitions = len(await producer.partitions_for(self._topic))
        batches = ReceiptBatches(producer, self._topic)
        instance = self._settings.advertised_url
        count = 0
        for receipt in receipts:
            user = receipt.user
            bodies = record_bodies(receipt, instance)
            batches.add(partition_of(user, partitions), user.encode(), bodies)
            count += len(bodies)
            if count >= _SLICE:
                count = 0
                await asyncio.sleep(0)
        await batches.confirmed()
        self._remember(receipts)
        _count(receipts)

    async def _verified(self, receipts: Iterable[Receipt]) -> list[Receipt]:
        """Return the receipts, with candidates replaced by what the inbox says of them.

        The inbox shows which notifications were superseded or withdrawn before they were delivered.
        A notification that was superseded before its own record was read is a candidate twice:
        because of its own record, and because of the newer one's. It gets one receipt.
        """
        certain: list[Receipt] = []
        candidates: dict[str, Receipt] = {}
        for receipt in receipts:
            if receipt.kind in _CANDIDATES:
                candidates |= dict.fromkeys(receipt.ids, receipt)
            else:
                certain.append(receipt)
        ids = [each for each in candidates if each not in self._taken_back]
        if not ids:
            return certain
        users = {candidates[each].user for each in ids}
        found = await self._inbox.taken_back(users, ids)
        return [*certain, *(_receipt_of(one, candidates[one.id]) for one in found)]

    def _remember(self, written: Iterable[Receipt]) -> None:
        for receipt in written:
            if receipt.kind in _CANDIDATES:
                self._taken_back |= dict.fromkeys(receipt.ids)
        # A dict keeps the order of insertion, so its first keys are the oldest.
        excess = len(self._taken_back) - _REMEMBERED
        for each in list(islice(self._taken_back, max(0, excess))):
            del self._taken_back[each]

    def _make_producer(self) -> AIOKafkaProducer:
        return AIOKafkaProducer(
            **self._settings.kafka_client_options(),
            client_id="delivery-receipts",
            enable_idempotence=True,
            linger_ms=0,
            compression_type="lz4",
            max_batch_size=_BATCH_BYTES,
        )


def _receipt_of(one: TakenBack, candidate: Receipt) -> Receipt:
    """Return the receipt of an undelivered notification that was superseded or withdrawn."""
    if one.superseded_by is not None:  # even if it was withdrawn later
        kind, newer = ReceiptType.SUPERSEDED, one.superseded_by
        return candidate._replace(kind=kind, ids=(one.id,), superseded_by=newer)
    if one.expires_at is not None and one.had_expired:
        # `ReceiptRecovery` leaves out withdrawn notifications when it looks for expired ones.
        return expired_receipt(candidate.user, one.id, one.expires_at.timestamp())
    return candidate._replace(kind=ReceiptType.WITHDRAWN, ids=(one.id,))


def _count(receipts: Iterable[Receipt]) -> None:
    # Add up first, because a metric costs ten times as much as an addition.
    counts: Counter[str] = Counter()
    for receipt in receipts:
        counts[receipt.kind] += len(receipt.ids)
    for kind, count in counts.items():
        metrics.RECEIPTS.labels(kind).inc(count)
