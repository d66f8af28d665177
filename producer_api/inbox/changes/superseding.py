"""Superseding: of one user and collapse key, all but the newest give way, in the transaction that
creates it.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass, field

from motor.motor_asyncio import AsyncIOMotorClientSession

from producer_api.contract.inbox_event import CHANGED_LIMIT, InboxEvent
from producer_api.contract.notification import Document
from producer_api.inbox.changes.superseding_rules import keys_of, superseded, to_tell
from producer_api.inbox.counts.rules import difference
from producer_api.inbox.notifications import Notifications
from producer_api.inbox.turns import Turns
from producer_api.outbox.intents import Intents
from producer_api.outbox.records import Notice
from producer_api.workers.folding_worker import Folder


@dataclass(frozen=True, slots=True)
class Superseded:
    """What is to be told of it: by the id of a created one, the `inbox` event that its record
    carries; and the open intents that this record must come behind, as a mark's record must.
    """

    notices: dict[str, Notice] = field(default_factory=dict)
    behind: list[str] = field(default_factory=list)


class Superseding:
    """Lets older notifications give way to newer ones; asks nothing for those without a key.

    Two transactions that create of the same user and key take the same user's turn: the later one
    begins anew, and finds what the first has created. Whichever has the higher id stays, even if it
    was written first: then what is created now is superseded at once.
    """

    def __init__(
        self, turns: Turns, notifications: Notifications, intents: Intents, folder: Folder
    ) -> None:
        self._turns = turns
        self._notifications = notifications
        self._intents = intents
        self._folder = folder

    async def by(
        self, created: Sequence[Document], session: AsyncIOMotorClientSession
    ) -> Superseded:
        """What these supersede, which the session's transaction has inserted just now.

        Raises `pymongo.errors.PyMongoError`.
        """
        keys = keys_of(created)
        if not keys:
            return Superseded()
        moments = await self._turns.take_all(keys, session)
        standing = await self._notifications.standing(keys, session)
        gone = superseded(standing)
        if not gone:
            return Superseded()
        await self._notifications.supersede(gone, session)
        await self._discount(standing, {each["_id"] for each in gone}, session)
        told = to_tell(gone, created)
        if not told:
            return Superseded()
        now = max(moments[user_id] for user_id in told)
        tallies = await self._notifications.tallies(told, now, session)
        notices: dict[str, Notice] = {}
        for user_id, (teller, documents) in told.items():
            tally = tallies[user_id]
            # Of a user who is away nobody reads the list, which else has it folded.
            self._folder.heed(user_id, tally)
            event = InboxEvent(user_id, moments[user_id], *tally.counts, documents[:CHANGED_LIMIT])
            notices[teller] = Notice(user_id, event.json())
        behind = await self._intents.open_before(list(told), [], session)
        return Superseded(notices, behind)

    async def _discount(
        self, standing: Sequence[Document], gone: Set[str], session: AsyncIOMotorClientSession
    ) -> None:
        """What was in its user's counters counts no more."""
        folded: dict[str, list[Document]] = {}
        for each in standing:
            if each["_id"] in gone and each.get("folded"):
                folded.setdefault(each["user_id"], []).append(each)
        for user_id, documents in folded.items():
            await self._turns.adjust(user_id, difference(documents, []), session)
