"""The report of an instance: its partitions, what each waits for, and the unacknowledged pushes."""

from collections.abc import Iterable
from datetime import UTC, datetime
from heapq import nsmallest
from typing import Any

from delivery import metrics
from delivery.consume.group_member import GroupMember
from delivery.core.decision_types import SettleOutcome
from delivery.core.moment import Moment
from delivery.core.tracker import FirstUnsettled
from delivery.core.waiting import Flight, Wait, WaitState, flight_of, wait_of
from delivery.delivered.writer import DeliveredWriter
from delivery.peers.links import PeerLinks
from delivery.push import clock
from delivery.push.owner import Owner
from delivery.push.partition import Partition, Recipient
from delivery.push.routes import Routes
from delivery.sockets.edge_map import EdgeMap
from delivery.sockets.sessions import Sessions
from producer_api.contract.masked_user import masked
from producer_api.contract.notification import rfc3339
from runtime.slices import Slices

_MOST_IN_FLIGHT = 100
_MOST_IDS = 5
#: How many pushes are sorted at a time. This takes less than a millisecond.
_MOST_SORTED = 1_000

_Json = dict[str, Any]


class StatusReport:
    """Reads the state of the other parts at each request. Owns no state.

    Reports times by the wall clock. Masks users, and leaves out the contents of notifications.
    """

    def __init__(
        self,
        owner: Owner,
        member: GroupMember,
        routes: Routes,
        delivered: DeliveredWriter,
        links: PeerLinks,
        edge_map: EdgeMap,
        sessions: Sessions,
    ) -> None:
        self._owner = owner
        self._member = member
        self._routes = routes
        self._delivered = delivered
        self._links = links
        self._map = edge_map
        self._sessions = sessions

    async def read(self) -> _Json:
        """Return the report, ready for JSON.

        Reads one partition after the other, and lets other tasks run in between. So each partition
        is consistent in itself, but the partitions may differ in time.
        """
        now, slices = clock.now(), Slices()
        paused, stopped = self._member.paused, self._member.stopped
        acks = self._delivered.oldest_acks()
        partitions: list[_Json] = []
        pushed: list[tuple[float, Recipient]] = []
        for number, partition in sorted(self._owner.partitions.items()):
            flags = {"paused": number in paused, "stopped": number in stopped}
            partitions.append(self._partition(partition, now, acks) | flags)
            pushed += _pushed(partition)
            if len(pushed) > _MOST_SORTED:
                pushed = _earliest(pushed)
            await slices.step()
        flights = [
            self._flight(recipient, flight, now)
            for _, recipient in _earliest(pushed)
            if (flight := flight_of(recipient.user)) is not None
        ]
        return {
            "instance": self._links.address,
            "at": _at(now.unix),
            "generation": self._map.ownership.generation,
            "policy": self._member.policy,
            "draining": self._sessions.is_closed,
            "sockets": len(self._sessions),
            "links": [{"peer": peer, "up": is_up} for peer, is_up in self._links.states],
            "removed": [{"peer": peer, "at": _at(at)} for peer, at in self._links.removed],
            "totals": {
                "pushed": metrics.PUSHES.count,
                "acked": metrics.SETTLED.count_of(SettleOutcome.ACKED),
                "hops": metrics.HOPS.count,
            },
            "partitions": partitions,
            "in_flight": flights,
        }

    def _partition(
        self, partition: Partition, now: Moment, acks: dict[str, tuple[float, int]]
    ) -> _Json:
        tracker, committed = partition.tracker, self._member.committed_of(partition)
        uncommitted = tracker.next_to_receive - tracker.next_to_commit
        waits_for = None
        if (first := tracker.first_unsettled) is not None:
            waits_for = self._waits_for(partition, first, now, acks)
            is_there = committed is not None and committed.offset == first.offset
            if waits_for["since"] is None and committed is not None and is_there:
                # It is not known when this record began to wait. But it has held back the commits
                # since `committed.since`.
                waits_for["since"] = _at(committed.since)
        return {
            "partition": partition.number,
            "next_to_commit": tracker.next_to_commit,
            "committed": None if committed is None else committed.offset,
            "committed_at": None if committed is None else _at(committed.since),
            "next_to_receive": tracker.next_to_receive,
            "unsettled": tracker.in_flight,
            "settled_beyond": uncommitted - tracker.in_flight,
            "window": self._member.window,
            "suspended": partition.is_suspended,
            "waits_for": waits_for,
        }

    def _waits_for(
        self,
        partition: Partition,
        first: FirstUnsettled,
        now: Moment,
        acks: dict[str, tuple[float, int]],
    ) -> _Json:
        user_id = None if first.key is None else first.key.decode(errors="replace")
        found: _Json = {
            "offset": first.offset,
            "id": None,
            "user": None if user_id is None else masked(user_id),
            "state": WaitState.OTHER,
            "since": None,
            "attempt": None,
            "edges": [],
        }
        if first.dead_letter_since is not None:
            since = _at(_unix(first.dead_letter_since, now))
            return found | {"state": WaitState.DEAD_LETTER, "since": since}
        if user_id is None:
            return found
        for record in partition.in_doubt.get(user_id, ()):
            if record.offset == first.offset:
                lost = partition.lost.get(user_id)
                since = None if lost is None else _at(lost.at)
                return found | {"id": record.id, "state": WaitState.CONNECTING, "since": since}
        recipient = partition.recipients.get(user_id)
        wait = None if recipient is None else wait_of(recipient.user, first.offset)
        if recipient is None or wait is None:
            return found
        if wait.state is WaitState.PUSHED and recipient in partition.to_start_over:
            # A rebalance came before the push, or before the ack's deadline. So the event will be
            # pushed again.
            return found | {"id": wait.id}
        return found | {"id": wait.id, "state": wait.state} | self._details(wait, now, acks)

    def _details(self, wait: Wait, now: Moment, acks: dict[str, tuple[float, int]]) -> _Json:
        if wait.flight is not None:
            return {
                "since": _at(_unix(wait.flight.since, now)),
                "attempt": wait.flight.attempt,
                "edges": self._edges(wait.flight.connections),
            }
        if wait.state is WaitState.ACKED and wait.id in acks:
            at, attempt = acks[wait.id]
            return {"since": _at(at), "attempt": attempt}
        return {}

    def _flight(self, recipient: Recipient, flight: Flight, now: Moment) -> _Json:
        return {
            "partition": recipient.partition.number,
            "user": masked(recipient.user_id),
            "ids": flight.ids[:_MOST_IDS],
            "count": len(flight.ids),
            "pushed_at": _at(_unix(flight.since, now)),
            "attempt": flight.attempt,
            "edges": self._edges(flight.connections),
        }

    def _edges(self, connections: Iterable[str]) -> list[str]:
        edges = {self._routes.edge_of(connection) for connection in connections} - {None}
        return sorted(edge or self._links.address for edge in edges)


def _pushed(partition: Partition) -> list[tuple[float, Recipient]]:
    """Return the partition's users whose acks have been awaited longest, each with since when."""
    flights: list[tuple[float, Recipient]] = []
    for recipient in partition.awaiting():
        if len(flights) == _MOST_IN_FLIGHT:
            break
        if (flight := flight_of(recipient.user)) is not None:
            flights.append((flight.since, recipient))
    return flights


def _earliest(pushed: Iterable[tuple[float, Recipient]]) -> list[tuple[float, Recipient]]:
    return nsmallest(_MOST_IN_FLIGHT, pushed, key=lambda entry: entry[0])


def _unix(steady: float, now: Moment) -> float:
    """Return the wall-clock time of a moment of the monotonic clock."""
    return now.unix - (now.steady - steady)


def _at(unix: float) -> str | None:
    return rfc3339(datetime.fromtimestamp(unix, UTC))
