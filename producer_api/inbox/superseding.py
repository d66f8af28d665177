"""Superseding: of one user and collapse key, all but the newest give way, in the transaction that
creates it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from motor.motor_asyncio import AsyncIOMotorClientSession

from producer_api.contract.inbox_event import CHANGED_LIMIT, InboxEvent
from producer_api.contract.notification import Document
from producer_api.inbox.collapse import keys_of, superseded, to_tell
from producer_api.inbox.notifications import Notifications
from producer_api.inbox.turns import Turns
from producer_api.outbox.intents import Intents
from producer_api.outbox.records import Notice


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

    def __init__(self, turns: Turns, notifications: Notifications, intents: Intents) -> None:
        self._turns = turns
        self._notifications = notifications
        self._intents = intents

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
        gone = superseded(await self._notifications.standing(keys, session))
        if not gone:
            return Superseded()
        await self._notifications.supersede(gone, session)
        told = to_tell(gone, created)
        notices: dict[str, Notice] = {}
        for user_id, (teller, documents) in told.items():
            at = moments[user_id]
            counts = await self._notifications.counts(user_id, at, session)
            event = InboxEvent(user_id, at, *counts, documents[:CHANGED_LIMIT])
            notices[teller] = Notice(user_id, event.json())
        behind = await self._intents.open_before(list(told), [], session) if told else []
        return Superseded(notices, behind)
