"""Under `hold`: asks the inbox whether it still owes what is held, and settles what it does not.

An erasure, or a newer notification of the same collapse key, may lie behind the full window that
the held records keep closed; and what expires must not hold it for ever.
"""

import asyncio
import logging

from pymongo.errors import PyMongoError

from delivery.inbox import Inbox
from delivery.push.owner import Owner
from delivery.push.user_driver import UserDriver

_log = logging.getLogger(__name__)

_INTERVAL_SECONDS = 2.0
_IDS_A_QUERY = 1_000


async def release_held(inbox: Inbox, owner: Owner, driver: UserDriver) -> None:
    """Ask for ever, every two seconds."""
    while True:
        await asyncio.sleep(_INTERVAL_SECONDS)
        held = owner.held()
        names = list(held)
        for start in range(0, len(names), _IDS_A_QUERY):
            ids = names[start : start + _IDS_A_QUERY]
            try:
                owed = await inbox.still_owed(ids)
            except PyMongoError as error:
                _log.warning("the inbox does not answer", extra={"cause": str(error)})
                break
            for name in ids:
                if name not in owed:
                    driver.no_longer_owed(held[name], name)
