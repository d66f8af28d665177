"""Lets offsets and users go on while an ack cannot be written.

A document may be locked for a minute, or be invalid permanently. Its notification stays owed, so
the record can be parked: if the instance dies before the ack is written, the notification is pushed
again.
"""

import asyncio
from itertools import islice

from delivery.delivered.writer import DeliveredWriter
from delivery.push.owner import Owner
from runtime.slices import Slices

_INTERVAL_SECONDS = 1.0
_BLOCKED_SECONDS = 3.0
#: If more acks are blocked, MongoDB refuses more than single documents. The acks beyond this number
#: keep their records in the windows, so that intake pauses before the waiting acks fill the memory.
_MOST_SET_ASIDE = 50_000


async def set_aside_blocked(delivered: DeliveredWriter, owner: Owner) -> None:
    """Every second, set aside the records of acks that are blocked, until cancelled."""
    while True:
        await asyncio.sleep(_INTERVAL_SECONDS)
        slices = Slices()
        for blocked in islice(delivered.blocked_for(_BLOCKED_SECONDS), _MOST_SET_ASIDE):
            owner.set_aside(blocked.user, blocked.ids)
            await slices.step()
