"""Superseding: a new notification takes the place of older ones of its user and collapse key.

This happens in the transaction that creates it.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass, field

from motor.motor_asyncio import AsyncIOMotorClientSession

from producer_api.contract.inbox_event import CHANGED_LIMIT, InboxEvent
from producer_api.contract.notification import Document
from producer_api.inbox.changes.superseding_rules import announcements, collapse_keys, superseded
from producer_api.inbox.counts.fold_queue import FoldQueue
from producer_api.inbox.counts.inbox_counts import InboxCounts
from producer_api.inbox.counts.rules import difference
from producer_api.inbox.notifications import Notifications
from producer_api.inbox.turns import Turns
from producer_api.outbox.intents import Intents
from producer_api.outbox.records import Notice


@dataclass(frozen=True, slots=True)
class SupersedeResult:
    """What publishing a batch of creates must do about what it superseded.

    `notices` has, by the id of a created notification, the `inbox` event for its record to carry.
    `behind` are the open intents that these records must come behind, as the record of a mark must.
    """

    notices: dict[str, Notice] = field(default_factory=dict)
    behind: list[str] = field(default_factory=list)


class Superseding:
    """Supersedes older notifications. Makes no query if nothing created has a collapse key.

    Two transactions that create for the same user and key take the same user's turn, so the later
    one is retried, and then finds what the first has created. The highest id stays, even if it was
    written first: a notification that is created with a lower id is superseded at once.
    """

    def __init__(
        self,
        turns: Turns,
        notifications: Notifications,
        counts: InboxCounts,
        intents: Intents,
        fold_queue: FoldQueue,
    ) -> None:
        self._turns = turns
        self._notifications = notifications
        self._counts = counts
        self._intents = intents
        self._fold_queue = fold_queue

    async def supersede(
        self, created: Sequence[Document], session: AsyncIOMotorClientSession
    ) -> SupersedeResult:
        """Supersede what these replace; the session's transaction has just inserted them.

        Raises `pymongo.errors.PyMongoError`.
        """
        keys = collapse_keys(created)
        if not keys:
            return SupersedeResult()
        # Take the turns before looking. A concurrent create of the same key then either is visible
        # here, or makes this transaction fail and start again.
        moments = await self._turns.take_all(keys, session)
        standing = await self._notifications.standing(keys, session)
        gone = superseded(standing)
        if not gone:
            return SupersedeResult()
        await self._notifications.supersede(gone, session)
        await self._discount(standing, {document["_id"] for document in gone}, session)
        to_announce = announcements(gone, created)
        if not to_announce:
            return SupersedeResult()
        now = max(moments[user_id] for user_id in to_announce)
        tallies = await self._counts.tallies(to_announce, now, session)
        notices: dict[str, Notice] = {}
        for user_id, (carrier_id, documents) in to_announce.items():
            tally = tallies[user_id]
            # Reading a list also queues its inbox for folding, but a user who is away reads none.
            self._fold_queue.offer(user_id, tally)
            event = InboxEvent(user_id, moments[user_id], *tally.counts, documents[:CHANGED_LIMIT])
            notices[carrier_id] = Notice(user_id, event.json())
        behind = await self._intents.open_before(list(to_announce), [], session)
        return SupersedeResult(notices, behind)

    async def _discount(
        self, standing: Sequence[Document], gone: Set[str], session: AsyncIOMotorClientSession
    ) -> None:
        """Take the folded notifications among those gone out of their users' counters."""
        # The documents of `standing`, as they were. Those in `gone` have `superseded_by`, so they
        # count as nothing already.
        folded: dict[str, list[Document]] = {}
        for document in standing:
            if document["_id"] in gone and document.get("folded"):
                folded.setdefault(document["user_id"], []).append(document)
        for user_id, documents in folded.items():
            await self._counts.adjust(user_id, difference(documents, []), session)
