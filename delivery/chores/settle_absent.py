"""Settles the records of users who have not subscribed in time, because they are absent."""

import asyncio

from delivery.push.absences import Absences
from delivery.push.owner import Owner
from delivery.push.partition import Partition
from runtime.slices import Slices

_INTERVAL_SECONDS = 0.1


async def settle_absent(owner: Owner, absences: Absences) -> None:
    """Ten times a second, settle the records of users who are certainly absent, until cancelled."""
    while True:
        await asyncio.sleep(_INTERVAL_SECONDS)
        absences.tick()
        slices = Slices()
        for partition in list(owner.partitions.values()):
            await slices.step()
            if not _may_settle(partition):
                continue
            for _ in absences.settle(partition):
                await slices.step()
                if not _may_settle(partition):
                    break


def _may_settle(partition: Partition) -> bool:
    # During a rebalance, edges may be about to subscribe elsewhere.
    is_here = not (partition.is_suspended or partition.is_revoked)
    return is_here and partition.is_in_grace_period
