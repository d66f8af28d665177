"""The records on the topics: CloudEvents 1.0 in Kafka's binary mode, keyed by user id."""

from enum import StrEnum

SPEC_VERSION = b"1.0"
CONTENT_TYPE = b"application/json"


class EventType(StrEnum):
    """The `ce_type` of a record: what happened."""

    CREATED = "notification.created"
    SEEN = "notification.seen"
    READ = "notification.read"
    UNREAD = "notification.unread"
    ARCHIVED = "notification.archived"
    UNARCHIVED = "notification.unarchived"
    WITHDRAWN = "notification.withdrawn"
    ERASED = "notification.erased"


class ReceiptType(StrEnum):
    """The `ce_type` of a receipt: what became of a notification."""

    DELIVERED = "notification.delivered"
    PARKED = "notification.parked"
    EXPIRED = "notification.expired"
    SUPERSEDED = "notification.superseded"
    WITHDRAWN = "notification.withdrawn"
    DEAD_LETTERED = "notification.dead_lettered"
    MUTED = "notification.muted"


class Header(StrEnum):
    """Header names of the Kafka protocol binding for CloudEvents, §3.2."""

    ID = "ce_id"
    TYPE = "ce_type"
    SOURCE = "ce_source"
    SPEC_VERSION = "ce_specversion"
    TIME = "ce_time"
    CONTENT_TYPE = "content-type"
    TRACEPARENT = "traceparent"
    INBOX = "inbox"
    """The `inbox` event in the record of a notification that superseded others.

    CloudEvents does not define this header.
    """
    REMOVED = "removed"
    """`muted` or `withdrawn`, in the record of a notification that must not be pushed.

    It is `withdrawn` if the shop withdrew the notification before the record was written.
    CloudEvents does not define this header.
    """


# These constants are plain strings, because aiokafka's compiled record builder refuses subclasses
# of `str`. Reading `.value` for each record would take longer, because it is a call in Python.
_ID, _TYPE, _SOURCE, _SPEC_VERSION, _TIME, _CONTENT_TYPE = (
    header.value
    for header in (
        Header.ID,
        Header.TYPE,
        Header.SOURCE,
        Header.SPEC_VERSION,
        Header.TIME,
        Header.CONTENT_TYPE,
    )
)
#: The value of `Header.REMOVED` for a notification that its user had muted.
MUTED = b"muted"
#: The value of `Header.REMOVED` for a notification that the shop withdrew before Kafka had its
#: record. The record of the withdrawal follows, perhaps much later.
WITHDRAWN = b"withdrawn"


def headers(
    event_id: str, kind: EventType | ReceiptType, source: str, time: str
) -> list[tuple[str, bytes]]:
    """Return the headers of one record.

    `time` is RFC 3339. Repeats of an event have the same `event_id`.
    """
    return [
        (_ID, event_id.encode()),
        (_TYPE, kind.encode()),
        (_SOURCE, source.encode()),
        (_SPEC_VERSION, SPEC_VERSION),
        (_TIME, time.encode()),
        (_CONTENT_TYPE, CONTENT_TYPE),
    ]
