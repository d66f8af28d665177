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
from producer_api.inbox.counts.rules import Tally, difference
from producer_api.inbox.notifications import Notifications
from producer_api.inbox.turns import Turns
from producer_api.outbox.intents import Intents
from producer_api.outbox.records import Notice


@dataclass(frozen=True, slots=True)
class SupersedeResult:
    """What to publish because a batch of creates superseded other notifications.

    `notices` are the `inbox` events for the headers of records, by id of the created notification.
    `predecessors` are the open intents that must be published before these records.
    """

    notices: dict[str, Notice] = field(default_factory=dict)
    predecessors: list[str] = field(default_factory=list)
    tallies: dict[str, Tally] = field(default_factory=dict)
    """The counts of the users whose notifications are announced as superseded."""


class Superseding:
    """Supersedes older notifications. Makes no query if the new ones have no collapse key.

    Two transactions that create notifications with the same user and collapse key take the same
    user's turn. So the later one is retried, and then finds what the first has created. The
    notification of the later turn stays, whatever the ids are: the clocks of two processes may
    differ by more than the time between two updates.
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
        """Supersede older notifications with the collapse keys of `created`.

        The session's transaction must have inserted `created`. Raises
        `pymongo.errors.PyMongoError`.
        """
        keys = collapse_keys(created)
        if not keys:
            return SupersedeResult()
        # Take the turns before reading. A concurrent create with the same key is then visible here,
        # or makes this transaction fail and start again.
        moments = await self._turns.take_all(keys, session)
        standing = await self._notifications.standing(keys, session)
        older = superseded(standing, created)
        if not older:
            return SupersedeResult()
        await self._notifications.supersede(older, session)
        await self._discount(standing, {document["_id"] for document in older}, session)
        to_announce = announcements(older, created)
        if not to_announce:
            return SupersedeResult()
        now = max(moments[user_id] for user_id in to_announce)
        tallies = await self._counts.tallies(to_announce, now, session)
        successors: dict[str | None, Document] = {each["_id"]: each for each in created}
        notices: dict[str, Notice] = {}
        for user_id, (carrier_id, documents) in to_announce.items():
            tally = tallies[user_id]
            newer = [successors[document["superseded_by"]] for document in documents]
            event = InboxEvent(
                user_id,
                moments[user_id],
                *tally.counts,
                documents[:CHANGED_LIMIT],
                by_category=tally.of_changed([*documents, *newer]),
            )
            notices[carrier_id] = Notice(user_id, event.json())
        predecessors = await self._intents.open_before(list(to_announce), [], session)
        return SupersedeResult(notices, predecessors, tallies)

    def offer_for_folding(self, result: SupersedeResult) -> None:
        """Queue the inboxes for folding, because a user who is offline reads no lists.

        Call this in the event loop, once the transaction is committed.
        """
        for user_id, tally in result.tallies.items():
            self._fold_queue.offer(user_id, tally)

    async def _discount(
        self, standing: Sequence[Document], ids: Set[str], session: AsyncIOMotorClientSession
    ) -> None:
        """Subtract the folded notifications among these ids from their users' counters."""
        # Use the documents of `standing`, because they do not have `superseded_by` yet. A document
        # with this field does not count as unread, so it would not be subtracted.
        folded: dict[str, list[Document]] = {}
        for document in standing:
            if document["_id"] in ids and document.get("folded"):
                folded.setdefault(document["user_id"], []).append(document)
        for user_id, documents in folded.items():
            await self._counts.adjust(user_id, difference(documents, []), session)
