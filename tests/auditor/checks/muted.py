"""Only what may be muted is muted, the topic and MongoDB agree on it, and it is never pushed."""

from collections.abc import Iterator

from tests.auditor.checks.receipts import MUTED
from tests.auditor.evidence import Evidence
from tests.auditor.verdict import Finding, Kind

#: The outcome in receipts of records that delivery cannot read. Any record may have one.
_DEAD_LETTERED = "dead_lettered"


def muted_are_not_pushed(evidence: Evidence) -> Iterator[Finding]:
    """Find muted notifications that a client received, or that count as delivered."""
    muted = {stored.id: stored for stored in evidence.facts.stored if stored.removed == MUTED}
    for entry in evidence.facts.client_entries:
        for notification_id in entry.received:
            if notification_id in muted:
                explanation = f"received {notification_id}, which {entry.user} had muted"
                yield Finding(Kind.PUSHED_THOUGH_MUTED, f"client {entry.client}", explanation)
    for stored in muted.values():
        if stored.delivered_at is not None:
            explanation = f"{stored.user} had muted it, but it has delivered_at"
            yield Finding(Kind.PUSHED_THOUGH_MUTED, f"notification {stored.id}", explanation)


def muted_may_be_muted(evidence: Evidence) -> Iterator[Finding]:
    """Find muted notifications of a category that nobody can mute."""
    for record in evidence.first_records.values():
        if record.is_muted and record.category in evidence.rules.always:
            explanation = f"it is muted, but nobody can mute the category {record.category!r}"
            yield Finding(Kind.MUTED_WRONGLY, record.place, explanation)


def topic_and_inbox_agree_on_muted(evidence: Evidence) -> Iterator[Finding]:
    """Find records that delivery would push although MongoDB has them as muted, and the reverse.

    Only the first record of a notification counts, because an operator's replay adds another one.
    """
    for record in evidence.first_records.values():
        stored = evidence.stored.get(record.id)
        # A muted notification that was withdrawn later is stored as withdrawn.
        is_muted = record.is_muted if stored is None else stored.removed == MUTED
        if record.is_muted != is_muted and (stored is None or not stored.removed or is_muted):
            says = "muted" if record.is_muted else "not muted"
            explanation = f"by its record it is {says}, and MongoDB says otherwise"
            yield Finding(Kind.MUTED_WRONGLY, record.place, explanation)


def muted_have_one_kind_of_receipt(evidence: Evidence) -> Iterator[Finding]:
    """Find receipts of muted notifications that are not `muted`, and `muted` receipts of others."""
    for receipt in evidence.receipts.values():
        stored = evidence.stored.get(receipt.id)
        if stored is None or receipt.problem or receipt.outcome == _DEAD_LETTERED:
            continue
        says_muted = receipt.outcome == MUTED
        if says_muted and not stored.removed:
            explanation = "MongoDB does not have it as muted"
        elif not says_muted and stored.removed == MUTED:
            explanation = "MongoDB says that it is muted"
        else:
            continue
        yield Finding(Kind.RECEIPT_FALSE, f"receipt {receipt.event_id}", explanation)
