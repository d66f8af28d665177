"""Watches the other owners, to find those whose process has ended without leaving the group."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence

from delivery import metrics
from delivery.core.gone_peers import GonePeers, Removal
from delivery.core.ownership import Ownership
from delivery.peers.probe import Remote, is_refused

_log = logging.getLogger(__name__)

#: The pause between two probes: first the short one, which gathers a proof quickly, later the long
#: one. A killed process loses its connections some milliseconds before its port closes. So the
#: first probe may still connect.
_SHORT_PAUSE_SECONDS, _PAUSE_SECONDS = 0.12, 1.0
_SHORT_PROBES = 10
_PROBE_SECONDS = 1.0
_MOST_REMOVED = 10


class PeerWatch:
    """Owns the evidence about the other owners, and the tasks that gather it.

    Links report here when they come up and end. When a link ends, the watch probes the peer's
    address until the peer is linked again, or owns no partition any more. Calls its listeners when
    `member` or `gone` has changed, because the peers must know both.
    """

    def __init__(self, address: str, *, is_on: bool) -> None:
        """Take this instance's own address. Without `is_on`, no owner is ever found gone."""
        self._peers = GonePeers(address)
        self._is_on = is_on
        self._remotes: dict[str, Remote] = {}
        self._probing: dict[str, asyncio.Task[None]] = {}
        self._tasks = asyncio.TaskGroup()
        self._listeners: list[Callable[[], None]] = []
        self._suspects = asyncio.Event()
        self._removed = deque[tuple[str, float]](maxlen=_MOST_REMOVED)
        self.member = ""
        """This instance's member id in the consumer group; "" while it has none."""
        self.gone: frozenset[str] = frozenset()
        """The addresses of the owners that this instance finds gone."""

    def listen(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed` when `member` or `gone` changes, until the returned function is called."""
        self._listeners.append(changed)
        return lambda: self._listeners.remove(changed)

    def adopt(self, ownership: Ownership, member: str) -> None:
        """Take over a new map of owners, and this instance's member id."""
        self._peers.adopt(ownership.owners, member, time.monotonic())
        # Pods have new addresses after each rollout, so forget those of former owners.
        owners = frozenset(ownership.owners)
        self._remotes = {peer: far for peer, far in self._remotes.items() if peer in owners}
        self.member = member
        self._update()
        self._notify()

    def linked(self, address: str, instance: str, remote: Remote | None) -> None:
        """Note that the link to the peer's process `instance` is up, and its far end's address."""
        if self._peers.met(address, instance, time.monotonic()):
            metrics.PEERS_DISPROVED.inc()
            _log.error("gone peer answers again", extra={"peer": address})
        if remote is not None:
            self._remotes[address] = remote
        self._update()

    def reported(self, address: str, member: str, gone: Collection[str]) -> None:
        """Note what a linked owner says in a `MemberMessage`."""
        self._peers.reported(address, member, gone)

    def lost(self, address: str) -> None:
        """Probe the address of a link that has ended."""
        self._peers.lost(address)
        self._update()
        is_missed = self._is_on and self._peers.is_missed(address)
        if is_missed and address in self._remotes and address not in self._probing:
            task = self._tasks.create_task(self._probe(address))
            self._probing[address] = task
            task.add_done_callback(lambda _: self._probing.pop(address))

    async def due(self) -> Removal:
        """Wait until this instance must remove an owner from the group, and return it."""
        while True:
            await self._suspects.wait()
            if (removal := self._peers.due(time.monotonic())) is not None:
                return removal
            await asyncio.sleep(_SHORT_PAUSE_SECONDS)

    def done(self, removal: Removal, *, was_member: bool) -> None:
        """Note that the member has left the group, and whether this instance removed it."""
        self._peers.done(removal, time.monotonic(), was_member=was_member)

        if was_member:
            self._removed.append((removal.address, time.time()))

    @property
    def removed(self) -> Sequence[tuple[str, float]]:
        """The last owners that this instance has removed, and when, in Unix seconds."""
        return tuple(self._removed)

    def failed(self, removal: Removal) -> None:
        """Let `due` return the removal again after a pause."""
        self._peers.failed(removal, time.monotonic(), _PAUSE_SECONDS)

    async def run(self) -> None:
        """Keep probing until cancelled."""
        async with self._tasks:
            try:
                await asyncio.Event().wait()
            finally:
                self._is_on = False  # this process is stopping, so its links end

    async def _probe(self, address: str) -> None:
        probes = 0
        # If the peer has owned nothing meanwhile, its far end is forgotten. Stop then, even if the
        # next map has the peer again: the host at the old far end may be another one by now.
        while self._peers.is_missed(address) and (remote := self._remotes.get(address)):
            probes += 1
            was_refused = await is_refused(remote, _PROBE_SECONDS)
            if was_refused:
                self._peers.refused(address, time.monotonic())
            else:
                self._peers.not_refused(address)
            self._update()
            is_urgent = address not in self.gone and (was_refused or probes < _SHORT_PROBES)
            await asyncio.sleep(_SHORT_PAUSE_SECONDS if is_urgent else _PAUSE_SECONDS)

    def _update(self) -> None:
        before, self.gone = self.gone, self._peers.gone(time.monotonic())
        if self.gone:
            self._suspects.set()
        else:
            self._suspects.clear()
        if self.gone != before:
            self._notify()

    def _notify(self) -> None:
        for changed in self._listeners:
            changed()
