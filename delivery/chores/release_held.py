"""Under `hold`, settles the held records that the inbox no longer owes.

Held records can fill their partition's window. Then no later record is read, not even an
erasure, or a newer notification with the same collapse key. An expired record must not fill the
window either. So this task asks the inbox which held notifications it still owes.
"""

import asyncio
import logging

from pymongo.errors import PyMongoError

from delivery.inbox import Inbox
from delivery.push.owner import Owner
from delivery.push.partition import Recipient
from delivery.push.user_driver import UserDriver
from runtime.slices import Slices

_log = logging.getLogger(__name__)

_INTERVAL_SECONDS = 2.0
_IDS_PER_QUERY = 1_000


async def release_held(inbox: Inbox, owner: Owner, driver: UserDriver) -> None:
    """Every two seconds, ask the inbox about all held records, until cancelled."""
    while True:
        await asyncio.sleep(_INTERVAL_SECONDS)
        slices = Slices()
        recipients: dict[str, Recipient] = {}
        for recipient in owner.recipients():
            recipients |= dict.fromkeys(recipient.user.held_ids, recipient)
            await slices.step()
        held_ids = list(recipients)
        for start in range(0, len(held_ids), _IDS_PER_QUERY):
            ids = held_ids[start : start + _IDS_PER_QUERY]
            try:
                users = {recipients[held_id].user_id for held_id in ids}
                owed_ids = await inbox.still_owed(users, ids)
            except PyMongoError as error:
                _log.warning("held records not checked", extra={"cause": str(error)})
                break
            for held_id in ids:
                if held_id not in owed_ids:
                    # The partition may have been revoked meanwhile. Then the driver
                    # settles nothing.
                    driver.no_longer_owed(recipients[held_id], held_id)
                await slices.step()
