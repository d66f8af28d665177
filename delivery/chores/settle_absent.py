"""Settles the records of users who have not subscribed in time, because they are absent."""

import asyncio

from delivery.push.absences import Absences
from delivery.push.owner import Owner

_INTERVAL_SECONDS = 0.1


async def settle_absent(owner: Owner, absences: Absences) -> None:
    """Ten times a second, settle the records of users who are certainly absent, until cancelled."""
    while True:
        await asyncio.sleep(_INTERVAL_SECONDS)
        absences.tick()
        for partition in owner.partitions.values():
            # During a rebalance, edges may be about to subscribe elsewhere.
            if partition.is_in_grace_period and not partition.is_suspended:
                absences.settle(partition)
