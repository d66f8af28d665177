"""What was found, as plain facts: what the judge knows, and all that it knows.

Moments are Unix seconds. A user, an id or a text that is not there is the empty text.
"""

from dataclasses import dataclass

CREATED = "notification.created"
ERASED = "notification.erased"


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
    erased_up_to: str = ""
    """Of an erasure: whatever of the user's was accepted before has an id up to that one."""
    problem: str = ""
    """Why nobody can read it by the contract; empty where anybody can."""
    fingerprint: bytes = b""
    """Of its key and value."""

    @property
    def place(self) -> str:
        """Where it stands, in words."""
        return f"partition {self.partition} offset {self.offset}"

    @property
    def creates(self) -> bool:
        """Whether it is a notification that can be read."""
        return self.kind == CREATED and not self.problem

    @property
    def erases(self) -> bool:
        """Whether it says, so that it can be read, that all of the user's was erased."""
        return self.kind == ERASED and not self.problem


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One record of the dead-letter topic, and the place that its headers say it comes from."""

    partition: int | None
    offset: int | None
    reason: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Receipt:
    """One record of the receipts' topic; `outcome` is its kind, without what all have in common."""

    name: str
    """Its own `ce_id`: repeats have the same."""
    outcome: str
    id: str
    user: str
    at: float
    latency_ms: int | None = None
    superseded_by: str = ""
    problem: str = ""
    """Why nobody can read it by the contract; empty where anybody can."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What there is of one partition of the topic: from `beginning` up to, not with, `end`."""

    partition: int
    beginning: int
    end: int


@dataclass(frozen=True, slots=True)
class Commit:
    """Where the group stands in one partition."""

    partition: int
    offset: int
    metadata: str = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """One notification in MongoDB."""

    id: str
    user: str
    expires_at: float | None = None
    delivered_at: float | None = None
    superseded_by: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """One notification that the API has answered 201 for, as its caller noted it."""

    id: str
    user: str
    producer: str = ""
    """Which process of the API took it, where the caller knows."""
    at: float = 0.0
    """When it had its answer."""
    began: float = 0.0
    """When its request was first sent; as early as can be where the caller does not know."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a client's own log."""

    at: float
    client: str
    user: str
    event: str
    ids: tuple[str, ...] = ()
    up_to: str = ""
    """Of `erased`: up to which id, by what the client was told."""

    @property
    def received(self) -> tuple[str, ...]:
        """The ids that this line says were received."""
        return self.ids if self.event == "received" else ()


@dataclass(frozen=True, slots=True)
class Sample:
    """A committed offset that was seen during the run."""

    at: float
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Facts:
    """All of it, each in the order in which it was found; `now` is when MongoDB was read."""

    now: float
    extents: tuple[Extent, ...] = ()
    records: tuple[Record, ...] = ()
    dead_letters: tuple[DeadLetter, ...] = ()
    receipts: tuple[Receipt, ...] | None = None
    """None where they were not read."""
    commits: tuple[Commit, ...] = ()
    stored: tuple[Stored, ...] = ()
    entries: tuple[Entry, ...] = ()
    accepted: tuple[Accepted, ...] = ()
    samples: tuple[Sample, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """What this run may be held to."""

    complete: bool | frozenset[str] = False
    """At the end of a run: whose clients must have everything by now. True: all users who have a
    client that is connected to the end, by its own log; or these users, whatever their logs say.
    """
    hold: bool = False
    """`DELIVERY_OFFLINE_POLICY=hold`: nothing may be parked, so no offset passes without an ack."""
    skew_seconds: float = 0.0
    """How far the clocks of several producers may differ: so far may their ids be out of order."""
    clock_noise_seconds: float = 0.1
    """How far the clocks of clients, delivery instances and of this machine may differ."""
    max_duplicates: int | None = None
    """More of them are a finding; None: they are counted, and the caller decides."""
