"""Decides which owners are gone: nothing listens at the address, and most other owners agree.

A killed process leaves its host behind, and the host's kernel refuses connections to its port. That
is the only evidence that counts here. A time-out, or a host that cannot be reached, may also be the
fault of the network. ADR 28 compares the alternatives.
"""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass

#: A proof takes this many refusals in a row, over at least this time.
_REFUSALS, _PROOF_SECONDS = 4, 0.4
#: A longer time between two refusals means that this instance itself was suspended meanwhile.
_LONGEST_GAP_SECONDS = 2.0
#: If several instances agree, they take turns: each waits this much longer than the one before it.
_TURN_SECONDS = 0.3
#: In a group of two, each may find the other one gone. The one whose turn is later waits so long
#: that it hears of its own removal first.
_TURN_OF_TWO_SECONDS = 0.6
#: An instance makes at most this many removals in this time.
_MOST_REMOVALS, _BUDGET_SECONDS = 3, 60.0
#: After a wrong proof, this instance proves nothing more for this long.
_DOUBT_SECONDS = 600.0
_REMEMBERED = 32


@dataclass(frozen=True, slots=True)
class Removal:
    """An owner that is gone, and its member id in the consumer group."""

    address: str
    member: str


@dataclass(slots=True)
class _Peer:
    """A process that was linked, and what is known since its link ended."""

    instance: str
    member: str = ""
    gone: Collection[str] = ()
    """The addresses that this peer finds gone."""
    is_linked: bool = True
    refusals: int = 0
    refused_since: float = 0.0
    refused_at: float = 0.0
    proved_at: float | None = None
    is_removed: bool = False
    retry_at: float = 0.0


class GonePeers:
    """Owns what this instance knows of the other owners. All times are monotonic seconds.

    Evidence counts only against a process that was linked before, and has reported its member id.
    So an address that was never reachable, because it is configured wrongly, removes nobody. A
    member that was removed although it was alive is not removed again until it has been linked
    again.
    """

    def __init__(self, own: str) -> None:
        """Take this instance's address. Decides nothing unless the map has this address."""
        self._own = own
        self._member = ""
        self._owners: frozenset[str] = frozenset()
        self._peers: dict[str, _Peer] = {}
        self._removals: deque[float] = deque(maxlen=_MOST_REMOVALS)
        #: The processes that were proved gone lately.
        self._proved: deque[str] = deque(maxlen=_REMEMBERED)
        self._doubts_until = float("-inf")

    # ── what the group says ────────────────────────────────────────────────────────────────

    def adopt(self, owners: Collection[str], member: str, now: float) -> None:
        """Take over a new map of owners, and this instance's own member id."""
        if self._member and member != self._member:
            # The group had lost this instance. What it could not reach then proves nothing.
            self._doubt(now)
        self._member = member
        self._owners = frozenset(owners) - {""}
        self._peers = {
            address: peer
            for address, peer in self._peers.items()
            if peer.is_linked or address in self._owners
        }

    # ── what the links say ─────────────────────────────────────────────────────────────────

    def met(self, address: str, instance: str, now: float) -> bool:
        """Note that a link is up; return whether its process had been proved gone.

        If it had, the proof was wrong, so refusals in this network cannot be trusted for now.
        """
        was_proved = instance in self._proved
        if was_proved:
            self._proved.remove(instance)
            self._doubt(now)
        self._peers[address] = _Peer(instance)
        return was_proved

    def reported(self, address: str, member: str, gone: Collection[str]) -> None:
        """Note the member id of a linked peer, and the addresses that it finds gone."""
        if (peer := self._peers.get(address)) is not None and peer.is_linked:
            peer.member, peer.gone = member, frozenset(gone)

    def lost(self, address: str) -> None:
        """Note that the link has ended."""
        if (peer := self._peers.get(address)) is not None:
            peer.is_linked, peer.gone = False, ()
            self._forget_refusals(peer)

    def is_missed(self, address: str) -> bool:
        """Return whether the address is an owner's, was linked before, and is not linked now."""
        peer = self._peers.get(address)
        return peer is not None and not peer.is_linked and address in self._owners

    def refused(self, address: str, now: float) -> None:
        """Note that the host of a lost peer has refused a connection."""
        peer = self._peers.get(address)
        if peer is None or peer.is_linked:
            return
        if not peer.refusals or now - peer.refused_at > _LONGEST_GAP_SECONDS:
            peer.refusals, peer.refused_since, peer.proved_at = 0, now, None
        peer.refusals += 1
        peer.refused_at = now
        is_proof = peer.refusals >= _REFUSALS and now - peer.refused_since >= _PROOF_SECONDS
        if is_proof and peer.proved_at is None:
            peer.proved_at = now
            if peer.instance not in self._proved:
                self._proved.append(peer.instance)

    def not_refused(self, address: str) -> None:
        """Note that a connection to a lost peer had another result than a refusal."""
        if (peer := self._peers.get(address)) is not None:
            self._forget_refusals(peer)

    # ── what follows from it ───────────────────────────────────────────────────────────────

    def gone(self, now: float) -> frozenset[str]:
        """Return the owners that this instance finds gone, and reports as gone to its peers."""
        if now < self._doubts_until:
            return frozenset()
        return frozenset(
            address
            for address, peer in self._peers.items()
            if address in self._owners and peer.proved_at is not None and peer.member
        )

    def due(self, now: float) -> Removal | None:
        """Return the owner that this instance must remove from the group now, if there is one."""
        is_spent = len(self._removals) == _MOST_REMOVALS
        if is_spent and now - self._removals[0] < _BUDGET_SECONDS:
            return None
        for address in sorted(self.gone(now)):
            peer = self._peers[address]
            others = self._owners - {address}
            agreeing = [other for other in sorted(others) if self._agrees(other, address)]
            if peer.is_removed or now < peer.retry_at or self._own not in agreeing:
                continue
            if 2 * len(agreeing) <= len(others):
                # No majority agrees: the others reach that owner, or are not linked here either.
                # So this instance may be the one that is cut off.
                continue
            pause = agreeing.index(self._own) * _TURN_SECONDS
            if len(others) == 1 and self._own > address:
                pause = _TURN_OF_TWO_SECONDS
            if peer.proved_at is not None and now >= peer.proved_at + pause:
                return Removal(address, peer.member)
        return None

    def done(self, removal: Removal, now: float, *, was_member: bool) -> None:
        """Note that the member is out of the group, and whether this removal did it."""
        peer = self._peers.get(removal.address)
        if peer is not None and peer.member == removal.member:
            peer.is_removed = True
        if was_member:
            self._removals.append(now)

    def failed(self, removal: Removal, now: float, pause: float) -> None:
        """Try the removal again after `pause` seconds, because Kafka did not answer."""
        if (peer := self._peers.get(removal.address)) is not None:
            peer.retry_at = now + pause

    # ── steps ──────────────────────────────────────────────────────────────────────────────

    def _agrees(self, other: str, address: str) -> bool:
        if other == self._own:
            return True
        peer = self._peers.get(other)
        return peer is not None and peer.is_linked and address in peer.gone

    def _doubt(self, now: float) -> None:
        self._doubts_until = now + _DOUBT_SECONDS
        for peer in self._peers.values():
            self._forget_refusals(peer)

    def _forget_refusals(self, peer: _Peer) -> None:
        peer.refusals, peer.proved_at = 0, None
