"""The map of owners by which this instance subscribes its sockets, and the owners' refusals."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from delivery.core.ownership import Ownership

_log = logging.getLogger(__name__)

#: The pause between a refusal and the next try. It keeps two instances with different maps from
#: filling their link with subscriptions and refusals.
_PAUSE_SECONDS = 0.2
#: The event loop runs other tasks after this many sockets.
_RETRIED_TOGETHER = 100


class EdgeMap:
    """Owns the newest map that this instance knows, and the sockets that owners have refused.

    The map comes from this instance's own membership in the consumer group, or from an owner with a
    newer map, which sends the map as part of a refusal.
    """

    def __init__(self) -> None:
        self.ownership = Ownership(generation=0, owners=())
        self._refused: set[str] = set()
        self._changed: list[Callable[[], None]] = []
        self._retry: list[Callable[[str], None]] = []

    def watch(self, changed: Callable[[], None], retry: Callable[[str], None]) -> None:
        """Call `changed` for each new map, and `retry` for each refused socket after a pause."""
        self._changed.append(changed)
        self._retry.append(retry)

    def adopt(self, ownership: Ownership) -> None:
        """Use this map from now on.

        Ignores a map with a different number of partitions. Such a map is for another topic, or
        comes from a group leader that did not know the topic yet.
        """
        if not self._is_of_this_topic(ownership):
            extra = {"partitions": len(ownership.owners), "expected": len(self.ownership.owners)}
            _log.error("ownership map ignored", extra=extra)
            return
        self.ownership = ownership
        for changed in self._changed:
            changed()

    def refused(self, sockets: Sequence[str], ownership: Ownership) -> None:
        """Handle the refusal of these sockets by an instance whose map is `ownership`.

        If that map is newer, adopts it, which subscribes all sockets again. Otherwise, the map here
        is the right one, so these sockets are subscribed again after a pause.
        """
        is_newer = ownership.generation > self.ownership.generation
        if is_newer and self._is_of_this_topic(ownership):
            self.adopt(ownership)
            return
        self._refused.update(sockets)
        asyncio.get_running_loop().call_later(_PAUSE_SECONDS, self._retry_refused)

    @property
    def refused_sockets(self) -> frozenset[str]:
        """The sockets that were refused and have not been subscribed again yet."""
        return frozenset(self._refused)

    def _is_of_this_topic(self, ownership: Ownership) -> bool:
        partitions = len(self.ownership.owners)
        return not partitions or len(ownership.owners) == partitions

    def _retry_refused(self) -> None:
        # Clear the set first: the owner in this process may refuse again while `retry` runs.
        refused, self._refused = self._refused, set()
        self._retry_some(iter(refused))

    def _retry_some(self, sockets: Iterator[str]) -> None:
        some = list(islice(sockets, _RETRIED_TOGETHER))
        for socket in some:
            for retry in self._retry:
                retry(socket)
        if some:
            asyncio.get_running_loop().call_soon(self._retry_some, sockets)
