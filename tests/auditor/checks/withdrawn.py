"""A withdrawn notification is withdrawn on the topic and in MongoDB, and is not pushed again."""

from collections.abc import Iterator

from tests.auditor import times
from tests.auditor.checks.receipts import SUPERSEDED, WITHDRAWN
from tests.auditor.checks.superseded import MAX_DELAY_SECONDS, first_seen_passed
from tests.auditor.evidence import Evidence
from tests.auditor.verdict import Finding, Kind


def withdrawn_are_not_pushed(evidence: Evidence) -> Iterator[Finding]:
    """Find notifications that arrived after an offset had passed the record of their withdrawal."""
    for entry in evidence.facts.client_entries:
        for notification_id in entry.received:
            passed = first_seen_passed(evidence.withdrawals.get(notification_id), evidence)
            if passed is None or entry.at <= passed + MAX_DELAY_SECONDS:
                continue
            explanation = (
                f"received {notification_id} at {times.as_text(entry.at)}, but its withdrawal was "
                f"passed by {times.as_text(passed)}"
            )
            yield Finding(Kind.PUSHED_AFTER_WITHDRAWAL, f"client {entry.client}", explanation)


def topic_and_inbox_agree_on_withdrawn(evidence: Evidence) -> Iterator[Finding]:
    """Find records that withdraw what MongoDB has as not withdrawn, and the reverse.

    The reverse is checked only at the end of a run, because the record may be in the outbox before.
    It is checked only on a whole log, because a trimmed or new log may have lost the record.
    """
    for notification_id, record in evidence.withdrawals.items():
        stored = evidence.stored.get(notification_id)
        if stored is not None and stored.removed != WITHDRAWN:
            explanation = f"it withdraws {notification_id}, but MongoDB has that one"
            yield Finding(Kind.WITHDRAWN_WRONGLY, record.place, explanation)
    is_log_whole = not any(extent.beginning for extent in evidence.facts.extents)
    if not evidence.rules.complete or evidence.rules.log_replaced or not is_log_whole:
        return
    for stored in evidence.facts.stored:
        if stored.removed == WITHDRAWN and stored.id not in evidence.withdrawals:
            explanation = "MongoDB has it as withdrawn, but no record withdraws it"
            yield Finding(Kind.WITHDRAWN_WRONGLY, f"notification {stored.id}", explanation)


def withdrawn_have_one_kind_of_receipt(evidence: Evidence) -> Iterator[Finding]:
    """Find `withdrawn` receipts that are false, or that come with a `superseded` receipt."""
    for receipt in evidence.receipts.values():
        if receipt.outcome != WITHDRAWN:
            continue
        stored = evidence.stored.get(receipt.id)
        place = f"receipt {receipt.event_id}"
        if stored is not None and stored.removed != WITHDRAWN:
            explanation = "MongoDB does not have it as withdrawn"
            yield Finding(Kind.RECEIPT_FALSE, place, explanation)
        if (SUPERSEDED, receipt.id) in evidence.receipted:
            yield Finding(Kind.RECEIPT_FALSE, place, "it has a receipt as superseded, too")
