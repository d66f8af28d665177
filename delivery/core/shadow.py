"""Whether a record of the log and the receipts tell the same story: pure, for the shadow group."""

from collections.abc import Set
from dataclasses import dataclass
from enum import StrEnum

from producer_api.contract.events import ReceiptType

#: After one of these nothing more becomes of a notification, but that a late ack delivers it.
_ENDS = (
    ReceiptType.DELIVERED,
    ReceiptType.SUPERSEDED,
    ReceiptType.EXPIRED,
    ReceiptType.DEAD_LETTERED,
    ReceiptType.PARKED,
)


class Story(StrEnum):
    """What became of one record, by the log, the receipts and the inbox together."""

    DELIVERED = "delivered"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    DEAD_LETTERED = "dead-lettered"
    PARKED = "parked"
    OWED = "owed, with its user or soon to be"
    ERASED = "erased"
    PENDING = "not settled yet"
    UNTOLD = "DELIVERED, BUT NO RECEIPT SAYS SO"
    UNREADABLE = "CANNOT BE READ, AND IS NO DEAD LETTER"
    LOST = "NOBODY KNOWS"


#: What must not be.
DIFFERENCES = (Story.UNTOLD, Story.UNREADABLE, Story.LOST)

_STORIES = dict(
    zip(
        _ENDS,
        (Story.DELIVERED, Story.SUPERSEDED, Story.EXPIRED, Story.DEAD_LETTERED, Story.PARKED),
        strict=True,
    )
)


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of one record that should have been delivered."""

    receipts: Set[ReceiptType]
    is_settled: bool
    """Whether the delivery group's offset or map has passed it."""
    is_readable: bool = True
    is_dead_letter: bool = False
    is_erased: bool = False
    """Whether an erasure of its user comes behind it."""
    is_in_inbox: bool = False
    is_delivered: bool = False
    """By the inbox."""
    is_delivered_for_long: bool = False
    """So that Kafka has the receipt, be it told by another instance."""


def story_of(known: Known) -> Story:
    """What became of it."""
    told = next((_STORIES[kind] for kind in _ENDS if kind in known.receipts), None)
    if told is not None:
        untold = known.is_delivered_for_long and told is not Story.DELIVERED
        return Story.UNTOLD if untold else told
    if not known.is_settled:
        return Story.PENDING
    if not known.is_readable:
        return Story.DEAD_LETTERED if known.is_dead_letter else Story.UNREADABLE
    if known.is_erased:
        return Story.ERASED
    if known.is_delivered:
        return Story.UNTOLD
    return Story.OWED if known.is_in_inbox else Story.LOST
