"""Removes killed peers from the group, so that the others take over before a session ends."""

import logging
from collections.abc import Awaitable, Callable
from typing import NoReturn

from delivery import metrics
from delivery.peers.peer_watch import PeerWatch

_log = logging.getLogger(__name__)

#: Removes the member with this id, and returns whether it was still a member.
Remove = Callable[[str], Awaitable[bool]]


async def remove_gone(watch: PeerWatch, remove: Remove) -> NoReturn:
    """Remove the owners that are found gone, one after the other, until cancelled."""
    while True:
        removal = await watch.due()
        extra = {"peer": removal.address, "member": removal.member}
        try:
            was_member = await remove(removal.member)
        except Exception as error:  # noqa: BLE001 - its session ends later, as without this chore
            metrics.PEERS_REMOVED.labels("failed").inc()
            _log.warning("gone peer not removed", extra=extra | {"cause": repr(error)})
            watch.failed(removal)
            continue
        watch.done(removal, was_member=was_member)
        metrics.PEERS_REMOVED.labels("removed" if was_member else "unknown").inc()
        if was_member:
            _log.warning("gone peer removed", extra=extra)
