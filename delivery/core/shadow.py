"""Judges whether the log, the receipts and the inbox agree on one record, for the shadow group."""

from collections.abc import Set
from dataclasses import dataclass
from enum import StrEnum

from producer_api.contract.events import ReceiptType


class Fate(StrEnum):
    """What became of one record, according to the log, the receipts and the inbox together.

    The fates whose values are in capitals must not occur.
    """

    DELIVERED = "delivered"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    DEAD_LETTERED = "dead-lettered"
    MUTED = "muted"
    PARKED = "parked"
    OWED = "owed by the inbox"
    ERASED = "erased"
    PENDING = "not settled yet"
    WITHOUT_RECEIPT = "DELIVERED OR MUTED, BUT NO RECEIPT SAYS SO"
    MUTED_DELIVERED = "MUTED, BUT DELIVERED"
    UNREADABLE = "CANNOT BE READ, AND IS NOT DEAD-LETTERED"
    LOST = "IN NEITHER THE RECEIPTS NOR THE INBOX"


#: The fates that must not occur.
DIFFERENCES = (Fate.WITHOUT_RECEIPT, Fate.MUTED_DELIVERED, Fate.UNREADABLE, Fate.LOST)

#: The fate that each receipt reports. Of several receipts, the one listed first here counts. After
#: any of them, only a late ack can still change the fate, to DELIVERED.
_FATES = {
    ReceiptType.DELIVERED: Fate.DELIVERED,
    ReceiptType.SUPERSEDED: Fate.SUPERSEDED,
    ReceiptType.WITHDRAWN: Fate.WITHDRAWN,
    ReceiptType.EXPIRED: Fate.EXPIRED,
    ReceiptType.DEAD_LETTERED: Fate.DEAD_LETTERED,
    ReceiptType.MUTED: Fate.MUTED,
    ReceiptType.PARKED: Fate.PARKED,
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything known about one record that should have been delivered."""

    receipts: Set[ReceiptType]
    is_settled: bool
    """Whether it is below the delivery group's committed offset, or marked in the commit's map."""
    is_readable: bool = True
    is_dead_letter: bool = False
    is_muted: bool = False
    """Whether the record says that its user has muted it, so that it must not be pushed."""
    is_erased: bool = False
    """Whether its user was erased by a later record."""
    is_in_inbox: bool = False
    is_delivered: bool = False
    """Whether the notification is delivered according to the inbox."""
    is_delivered_for_long: bool = False
    """Whether it was delivered long enough ago that Kafka must have the receipt by now."""


def fate_of(evidence: Evidence) -> Fate:
    """Return what became of the record."""
    reported = next((fate for kind, fate in _FATES.items() if kind in evidence.receipts), None)
    if reported is not None:
        return _checked(reported, evidence)
    if not evidence.is_settled:
        return Fate.PENDING
    if not evidence.is_readable:
        return Fate.DEAD_LETTERED if evidence.is_dead_letter else Fate.UNREADABLE
    if evidence.is_erased:
        return Fate.ERASED
    if evidence.is_delivered or evidence.is_muted:
        return Fate.WITHOUT_RECEIPT
    return Fate.OWED if evidence.is_in_inbox else Fate.LOST


def _checked(reported: Fate, evidence: Evidence) -> Fate:
    if evidence.is_muted and (evidence.is_delivered or reported is Fate.DELIVERED):
        return Fate.MUTED_DELIVERED
    is_missing = evidence.is_delivered_for_long and reported is not Fate.DELIVERED
    return Fate.WITHOUT_RECEIPT if is_missing else reported
