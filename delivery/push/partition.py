"""An owned partition, and its users that must be remembered."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from delivery.core.decision_types import ReportParked
from delivery.core.record import Record
from delivery.core.tracker import Tracker
from delivery.core.user_state_machine import User

#: How many users `Partition.awaiting` checks in one call. This takes about 0.1 ms.
_MOST_CHECKED = 2_000


@dataclass(slots=True, eq=False)
class Partition:
    """An owned partition: its tracker, and the users that have to be remembered.

    Each assignment makes a new object, even for a partition that this instance owned before.
    """

    number: int
    tracker: Tracker
    recipients: dict[str, "Recipient"] = field(default_factory=dict)
    """The users to remember, by user id."""
    is_suspended: bool = False
    """Set while the group rebalances. Then nothing is taken in, and nothing is pushed."""
    is_position_lost: bool = False
    """Set when the next offset to receive is out of the log's range, or the topic was missing.
    Nothing is taken in until `LogWatch` has found out whether this is still the same log."""
    is_revoked: bool = False
    """Set once the partition belongs to another instance. This is final."""
    to_start_over: set["Recipient"] = field(default_factory=set)
    """Users who must catch up again (`Owner.connect_some`): a push or a deadline of theirs was due
    while the partition was suspended, or records were skipped. Nothing is pushed to them until
    then."""
    unconnected: set[str] = field(default_factory=set)
    """Users who were subscribed when the partition was assigned, until their connections are added
    (`Owner.connect_some`), or a record of theirs arrives."""

    absent_after: float = -math.inf
    """The time from which users who are not subscribed count as absent, by the clock of
    `Absences`."""
    lost: dict[str, "LostUser"] = field(default_factory=dict)
    """Users whose last subscription has ended, although no client has left, in the order in which
    these ended. Each user may subscribe again within a grace period."""
    in_doubt: dict[str, list[Record]] = field(default_factory=dict)
    """The unsettled records of users who are not subscribed, but may be connected (`Absences`)."""

    pushed: dict["Recipient", float] = field(default_factory=dict)
    """When the latest event of each user was first pushed, the earliest first. The event's ack may
    have arrived since."""

    @property
    def is_in_grace_period(self) -> bool:
        """Whether users who are not subscribed may be connected, or records are still in doubt."""
        return self.absent_after > -math.inf or bool(self.lost) or bool(self.in_doubt)

    def awaiting(self) -> Iterator["Recipient"]:
        """Yield users whose event awaits its first ack, the earliest pushed first.

        Looks only at the first users in `pushed`, and drops those whose ack has arrived. Their next
        push adds them again. So the cost depends on the pushes since the last call, not on the
        number of connected users. If the acks of all these users have arrived, a call yields
        nobody, and the next call looks at the users after them.
        """
        for recipient in list(islice(self.pushed, _MOST_CHECKED)):
            if recipient.user.awaited.event is None:
                self.pushed.pop(recipient, None)
            elif recipient not in self.to_start_over:  # otherwise the push was not carried out
                yield recipient

    def forget(self, recipient: "Recipient") -> None:
        """Drop the user, unless they came back meanwhile and have a new `Recipient`."""
        if self.recipients.get(recipient.user_id) is recipient:
            del self.recipients[recipient.user_id]
        self.pushed.pop(recipient, None)


@dataclass(frozen=True, slots=True)
class LostUser:
    """A user whose last subscription has ended, although the client did not leave."""

    until: float
    """The time from which the user counts as absent, by the clock of `Absences`."""
    at: float
    """The Unix time at which the subscription ended."""
    reports: Sequence[ReportParked]
    """Reports of what was in flight or queued then. The records are in `Partition.in_doubt`."""


@dataclass(slots=True, eq=False)
class Recipient:
    """A user of an owned partition, and whether a deadline is queued for them."""

    user_id: str
    partition: Partition
    user: User
    has_deadline: bool = False
