"""The verdict of an audit: its findings and its counts."""

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of findings. Each value is the title in the report."""

    SETTLED_WITHOUT_REASON = "settled without reason"
    """An offset or map has passed a record, but the user may never get its notification."""
    PARKED_UNDER_HOLD = "parked under hold"
    COMMITTED_BEFORE_ACK = "committed before the ack"
    COMMITTED_PAST_END = "committed past the end of the log"
    OFFSET_WENT_BACK = "committed offset went back"
    MAP_UNREADABLE = "map in the commit's metadata unreadable"
    DELIVERED_WITHOUT_ACK = "delivered_at without an ack"
    DELIVERED_BEFORE_ACK = "delivered_at before the ack"
    ACK_NOT_RECORDED = "ack without delivered_at"
    MISSING_FROM_TOPIC = "missing from the topic"
    MISSING_FROM_INBOX = "missing from MongoDB"
    MISSING_FROM_CLIENT = "missing from the client"
    CREATED_BY_NOBODY = "created by nobody"
    FOREIGN_NOTIFICATION = "another user's notification"
    USERS_DIFFER = "sources differ about the user"
    NOT_ERASED = "still there after an erasure"
    PUSHED_AFTER_ERASURE = "pushed after its erasure"
    SUPERSEDED_BY_NOTHING = "superseded by an older or unknown one"
    PUSHED_AFTER_SUPERSEDED = "pushed after it was superseded"
    PUSHED_AFTER_WITHDRAWAL = "pushed after it was withdrawn"
    WITHDRAWN_WRONGLY = "withdrawn by the topic or MongoDB alone"
    PUSHED_THOUGH_MUTED = "pushed although it was muted"
    MUTED_WRONGLY = "muted wrongly"
    TOLD_WRONGLY = "told of an unknown or another user's notification"
    TOLD_NEEDLESSLY = "told although the user needed it no more"
    TOLD_AGAIN = "told again"
    NOT_TOLD = "not told"
    OUT_OF_ORDER_AT_CLIENT = "out of order at the client"
    OUT_OF_ORDER_ON_LOG = "out of order on the log"
    OVERTAKEN_ON_LOG = "overtaken on the log"
    """A create was answered before the create that precedes it on the log was requested."""
    USER_IN_SEVERAL_PARTITIONS = "user in several partitions"
    DEAD_LETTER_ALTERED = "dead letter altered"
    READABLE_RECORD_DEAD_LETTERED = "readable record dead-lettered"
    RECEIPT_UNREADABLE = "receipt unreadable"
    RECEIPT_FALSE = "receipt of an outcome that did not happen"
    RECEIPTS_DIFFER = "two receipts of one outcome"
    RECEIPT_MISSING = "receipt missing"
    PARKED_WHILE_CONNECTED = "parked while connected throughout"
    TOO_MANY_REPEATED_RECEIPTS = "too many repeated receipts"
    TOO_MANY_DUPLICATES = "too many duplicates"


class Fate(StrEnum):
    """Why an offset may pass a record."""

    ACKED = "acked"
    PARKED = "parked"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    MUTED = "muted"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"
    DEAD_LETTERED = "dead-lettered"
    STATE_CHANGE = "state change"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One violation: its kind, where it is, and how the auditor knows."""

    kind: Kind
    place: str
    explanation: str
    at: float = 0.0
    """When it happened, in Unix seconds; for what is missing, when it was created. 0: unknown."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How much the audit judged, and other figures that are no faults."""

    records: int = 0
    trimmed: int = 0
    """Offsets below the log's beginning. Retention deleted them, so they are not judged."""
    settled: int = 0
    settled_by_map: int = 0
    unsettled: int = 0
    fates: dict[Fate, int] = field(default_factory=dict)
    repeats_on_log: int = 0
    dead_letters: int = 0
    receipts: dict[str, int] = field(default_factory=dict)
    """The receipts by outcome, without repeats."""
    repeats_of_receipts: int = 0
    repeats_of_delivered: int = 0
    """Repeats among the receipts of deliveries."""
    repeats_at_another_time: int = 0
    """Repeats whose time differs from that of the first receipt."""
    stored: int = 0
    delivered: int = 0
    owed: int = 0
    accepted: int = 0
    clients: int = 0
    connections: int = 0
    received: int = 0
    """Pushes of a notification, including repeats."""
    acked: int = 0
    """Acks of a notification, including repeats."""
    duplicates: int = 0
    """Pushes of a notification to a client that had received it before."""
    duplicates_of_acked: int = 0
    """Duplicates of a notification that the client had acknowledged before."""
    samples: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """All findings, sorted by kind, and the counts."""

    findings: tuple[Finding, ...]
    counts: Counts

    @property
    def clean(self) -> bool:
        """Whether no guarantee was violated."""
        return not self.findings

    @property
    def kinds(self) -> frozenset[Kind]:
        """The kinds of the findings."""
        return frozenset(finding.kind for finding in self.findings)

    def of(self, kind: Kind) -> tuple[Finding, ...]:
        """Return the findings of one kind."""
        return tuple(finding for finding in self.findings if finding.kind is kind)

    def assert_clean(self, max_duplicates: int | None = 0) -> None:
        """Raise `AssertionError` with the whole report if there are findings or more duplicates.

        None for `max_duplicates` allows any number.
        """
        too_many = max_duplicates is not None and self.counts.duplicates > max_duplicates
        if self.findings or too_many:
            from tests.auditor.report import as_text  # noqa: PLC0415 - report imports this module

            raise AssertionError(f"duplicates allowed: {max_duplicates}\n{as_text(self)}")
