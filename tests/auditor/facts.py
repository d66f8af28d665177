"""The facts of one audit: everything that the judge knows.

Times are Unix seconds. A missing user, id or text is the empty string.
"""

from dataclasses import dataclass

CREATED = "notification.created"
ERASED = "notification.erased"
WITHDRAWN = "notification.withdrawn"


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the topic."""

    partition: int
    offset: int
    kind: str
    user: str
    id: str = ""
    source: str = ""
    at: float = 0.0
    expires_at: float | None = None
    category: str = ""
    """The part of a notification's type before its first dot."""
    is_muted: bool = False
    """Whether the record says that the user had muted the notification's category."""
    withdrawn: tuple[str, ...] = ()
    """For a withdrawal: the ids of the withdrawn notifications."""
    erased_up_to: str = ""
    """For an erasure: the id up to which all notifications of the user are erased."""
    problem: str = ""
    """How the record breaks the contract; empty if it is readable."""
    fingerprint: bytes = b""
    """A hash of key and value."""

    @property
    def place(self) -> str:
        """The partition and offset, as text."""
        return f"partition {self.partition} offset {self.offset}"

    @property
    def creates(self) -> bool:
        """Whether this is a readable record that creates a notification."""
        return self.kind == CREATED and not self.problem

    @property
    def erases(self) -> bool:
        """Whether this is a readable record of an erasure."""
        return self.kind == ERASED and not self.problem


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One record of the dead-letter topic, with the partition and offset in its headers."""

    partition: int | None
    offset: int | None
    reason: str
    fingerprint: bytes
    last_offset: int | None = None
    """For a stub, which has no value: the last offset for which it stands."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """One record of the receipt topic. `outcome` is its type without `notification.`."""

    event_id: str
    """The receipt's own `ce_id`, which its repeats share."""
    outcome: str
    id: str
    user: str
    at: float
    latency_ms: int | None = None
    superseded_by: str = ""
    problem: str = ""
    """How the receipt breaks the contract; empty if it is readable."""


@dataclass(frozen=True, slots=True)
class Extent:
    """The offsets of one partition of the topic: from `beginning`, up to but excluding `end`."""

    partition: int
    beginning: int
    end: int


@dataclass(frozen=True, slots=True)
class Commit:
    """The group's commit in one partition."""

    partition: int
    offset: int
    metadata: str = ""


@dataclass(frozen=True, slots=True)
class StoredNotification:
    """One notification in MongoDB."""

    id: str
    user: str
    expires_at: float | None = None
    delivered_at: float | None = None
    superseded_by: str = ""
    removed: str = ""
    """Why the notification is not in the inbox, such as `muted`; empty if it is."""
    seen_at: float | None = None
    archived_at: float | None = None


@dataclass(frozen=True, slots=True)
class AcceptedNotification:
    """One notification for which the API answered 201, as its caller logged it."""

    id: str
    user: str
    producer: str = ""
    """The API process that accepted the notification, if the caller knows it."""
    answered_at: float = 0.0
    requested_at: float = 0.0
    """When the caller first sent the request; 0 if unknown, so that checks of times pass."""


@dataclass(frozen=True, slots=True)
class ClientEntry:
    """One line of a client's own log."""

    at: float
    client: str
    user: str
    event: str
    ids: tuple[str, ...] = ()
    up_to: str = ""
    """For `erased`: the id up to which everything was erased, as the client received it."""

    @property
    def received(self) -> tuple[str, ...]:
        """The ids that this line reports as received."""
        return self.ids if self.event == "received" else ()


@dataclass(frozen=True, slots=True)
class Telling:
    """One telling by the away program, as its receiver logged it."""

    at: float
    way: str
    receiver: str
    """The URL of the webhook, or the browser."""
    user: str
    id: str


@dataclass(frozen=True, slots=True)
class OffsetSample:
    """A committed offset that the sampler saw during the run."""

    at: float
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts, each kind in the order of its source. MongoDB was read at `now`."""

    now: float
    extents: tuple[Extent, ...] = ()
    records: tuple[Record, ...] = ()
    dead_letters: tuple[DeadLetter, ...] = ()
    receipts: tuple[Receipt, ...] | None = None
    """None if the receipts were not read."""
    commits: tuple[Commit, ...] = ()
    stored: tuple[StoredNotification, ...] = ()
    client_entries: tuple[ClientEntry, ...] = ()
    accepted: tuple[AcceptedNotification, ...] = ()
    samples: tuple[OffsetSample, ...] = ()
    tellings: tuple[Telling, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of this run, in addition to those that hold at any moment of any run."""

    complete: bool | frozenset[str] = False
    """At the end of a run: the users whose clients must have everything. True: all users with a
    client that is still connected according to its own log. A set: these users, regardless of
    their logs.
    """
    hold: bool = False
    """`DELIVERY_OFFLINE_POLICY=hold`: nothing is parked, so no offset passes an unacked record."""
    skew_seconds: float = 0.0
    """How far the producers' clocks may differ. Their ids may be out of order by as much."""
    clock_noise_seconds: float = 0.1
    """How far the clocks of clients, delivery instances and this machine may differ."""
    max_duplicates: int | None = None
    """If there are more duplicates than this, that is a finding. None: they are only counted."""
    log_replaced: tuple[float, float] | None = None
    """When the topic was deleted, and when delivery had noticed that it was created again.

    Only between these times, committed offsets may go back, and clients may get new notifications
    out of order. Notifications that were created before the first time no longer have a record.
    """
    max_repeated_receipts: float | None = None
    """If repeats are a larger share of the `delivered` receipts than this, that is a finding.

    None: they are only counted.
    """
    always: frozenset[str] = frozenset({"order"})
    """The categories that nobody can mute."""
    away_until_seen: bool = False
    """`AWAY_UNTIL=seen`: notifications that are delivered but not seen are told, too."""
    told_within: float | None = None
    """How many seconds after its creation a notification must be told by webhook, unless the user
    has got it. None: nothing must be told."""
    may_tell_again: bool = False
    """Whether an away process died, so that a telling may be repeated."""
    may_freeze: bool = False
    """Whether an instance was frozen, so that its clients seemed to be connected."""
