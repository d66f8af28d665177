"""The partitions that this instance owns, and the connections of their users."""

import math
import time
from collections.abc import Callable, Iterator, Sequence

from delivery.core.decision_types import Event
from delivery.core.tracker import Tracker
from delivery.core.user_state_machine import User
from delivery.push.absences import Absences
from delivery.push.partition import Partition, Recipient
from delivery.push.subscribers import Subscribers
from delivery.push.user_driver import UserDriver
from runtime.slices import Slices

#: How many users are connected before other tasks run. This takes about 10 ms.
_USERS_AT_ONCE = 500


class Owner:
    """Owns the partitions assigned to this instance, and how long it has been without a share.

    ::

              assign                    suspend (the group rebalances)
      (new) ─────────► serving ◄──────────────────────────────────────► suspended
                                        resume (kept)                       │
                                                                            │ revoke (lost)
                                                                            ▼
                                                                         revoked

    Nothing here awaits except `awaited`, so each call leaves a consistent state.
    """

    def __init__(self, subscribers: Subscribers, driver: UserDriver, absences: Absences) -> None:
        self._subscribers = subscribers
        self._driver = driver
        self._absences = absences
        self._out_since: float | None = -math.inf
        self.partitions: dict[int, Partition] = {}

    # ── partitions ─────────────────────────────────────────────────────────────────────────

    def assign(self, number: int, tracker: Tracker) -> None:
        """Add the partition. Then call `connect_some`, so that its subscribed users catch up."""
        # An earlier assignment of the partition is over, even if nobody revoked it. Revoke it: late
        # answers for its users must push and settle nothing.
        earlier = self.partitions.get(number)
        self.revoke(number)
        partition = self.partitions[number] = Partition(number, tracker)
        subscribed = self._subscribers.of_partition(number)
        partition.unconnected = {user_id for user_id, _ in subscribed}
        self._absences.begin(partition, earlier)

    def suspend(self) -> None:
        """Push nothing until the group has decided which partitions this instance keeps."""
        if self._out_since is None:
            self._out_since = time.monotonic()
        for partition in self.partitions.values():
            partition.is_suspended = True

    def resume(self, number: int) -> None:
        """Resume a partition that stays here. Then call `connect_some`.

        Users for whom something was due during the suspension catch up again: their cores decided
        to push, but the push was not carried out.
        """
        self.partitions[number].is_suspended = False

    def connect_some(self) -> bool:
        """Add connections of users after `assign` and `resume`, and return whether more are left.

        Stops after `_USERS_AT_ONCE` users, because adding tens of thousands would block the event
        loop for a second.
        """
        room = _USERS_AT_ONCE
        for partition in self.partitions.values():
            while partition.unconnected or (partition.to_start_over and not partition.is_suspended):
                if room == 0:
                    return True
                room -= 1
                if partition.to_start_over and not partition.is_suspended:
                    self._start_over(partition.to_start_over.pop())
                else:
                    self._connect(partition, partition.unconnected.pop())
        return False

    def _start_over(self, recipient: Recipient) -> None:
        partition, user_id = recipient.partition, recipient.user_id
        if partition.recipients.get(user_id) is not recipient:
            return  # forgotten meanwhile
        for connection in list(self._subscribers.connections_of(partition.number, user_id)):
            # The core gives up the push that was not carried out, and queries the inbox.
            self._driver.start_over(recipient, connection)

    def _connect(self, partition: Partition, user_id: str) -> None:
        connections = self._subscribers.connections_of(partition.number, user_id)
        self._driver.connect_all(partition, user_id, connections)

    def revoke(self, number: int) -> None:
        """Give up the partition. The next owner pushes everything in flight again."""
        partition = self.partitions.pop(number, None)
        if partition is not None:
            partition.is_revoked = True

    def serve(self) -> None:
        """Record that the group has given this instance its share, even if the share is empty."""
        self._out_since = None

    @property
    def is_serving(self) -> bool:
        """Whether this instance has its share of the partitions."""
        return self._out_since is None

    @property
    def seconds_out(self) -> float:
        """The seconds without a share: 0 while there is one, infinite before the first one."""
        return 0.0 if self._out_since is None else time.monotonic() - self._out_since

    # ── connections ────────────────────────────────────────────────────────────────────────

    def subscribe(self, user_id: str, connection: str) -> None:
        """Add a connection of the user, who catches up as soon as the partition is here."""
        number = self._subscribers.add(user_id, connection)
        partition = self.partitions.get(number)
        if partition is None:
            return
        if partition.is_in_grace_period:
            self._absences.came(partition, user_id)
        if user_id in partition.unconnected:
            partition.unconnected.remove(user_id)
            self._connect(partition, user_id)
        else:
            self._driver.connect(partition, user_id, connection)

    def unsubscribe(self, user_id: str, connection: str) -> None:
        """Remove a connection of the user."""
        number = self._subscribers.remove(user_id, connection)
        partition = self.partitions.get(number)
        recipient = partition.recipients.get(user_id) if partition is not None else None
        if recipient is not None:
            self._driver.disconnect(recipient, connection)

    def lose(self, user_id: str, connection: str) -> None:
        """Remove a connection whose client may still be connected to its edge.

        Its link has broken, or the edge knows another map of owners than this instance.
        """
        number = self._subscribers.remove(user_id, connection)
        partition = self.partitions.get(number)
        if partition is None:
            return
        recipient = partition.recipients.get(user_id)
        lost = self._driver.lose(recipient, connection) if recipient is not None else ((), ())
        self._absences.lost(partition, user_id, *lost)
        if self._subscribers.connections_of(number, user_id):
            self._absences.came(partition, user_id)

    def set_aside(self, user_id: str, ids: Sequence[str]) -> None:
        """Settle or hold the records of these notifications, whose acks cannot be written."""
        partition = self.partitions.get(self._subscribers.partition_of(user_id))
        recipient = partition.recipients.get(user_id) if partition is not None else None
        if recipient is not None:
            self._driver.carry_out(recipient, recipient.user.make_room(ids))

    # ── queries ────────────────────────────────────────────────────────────────────────────

    async def awaited(self) -> Callable[[], bool]:
        """Return a function that checks whether an event pushed so far still awaits its first ack.

        Events pushed later do not count, so that a hand-over ends even under load. Lets other tasks
        run in between, because there may be tens of thousands of users.
        """
        pushed: list[tuple[User, Event]] = []
        slices = Slices()
        for recipient in self.recipients():
            event = recipient.user.awaited.event
            if event is not None and recipient not in recipient.partition.to_start_over:
                pushed.append((recipient.user, event))
            await slices.step()

        def is_any_awaited() -> bool:
            # Drop the acked events, so that no later call looks at them again.
            while pushed:
                user, event = pushed[-1]
                if user.awaited.event is event:
                    return True
                pushed.pop()
            return False

        return is_any_awaited

    def recipients(self) -> Iterator[Recipient]:
        """Yield the remembered users of all partitions. The caller may await in between.

        Some of the users may have been forgotten, or their partitions revoked, meanwhile.
        """
        for partition in list(self.partitions.values()):
            yield from list(partition.recipients.values())
