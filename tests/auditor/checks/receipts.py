"""Receipts report every outcome of each notification, once, and nothing that did not happen."""

from collections.abc import Iterator

from tests.auditor import times
from tests.auditor.evidence import Evidence
from tests.auditor.facts import Receipt, StoredNotification
from tests.auditor.verdict import Finding, Kind

DELIVERED, PARKED, EXPIRED, SUPERSEDED = "delivered", "parked", "expired", "superseded"
MUTED, WITHDRAWN = "muted", "withdrawn"

#: How long the receipt of an expired notification may take. If the notification is not in flight
#: when it expires, only the next periodic check finds it.
_MAX_DELAY_SECONDS = 10.0


def receipts_are_readable(evidence: Evidence) -> Iterator[Finding]:
    """Find receipts that break the contract, or whose latency differs from their times."""
    for receipt in evidence.facts.receipts or ():
        if receipt.problem:
            yield Finding(Kind.RECEIPT_UNREADABLE, _place(receipt), receipt.problem)
            continue
        created = times.time_in_id(receipt.id)
        latency = round((receipt.at - created) * 1000)
        if receipt.latency_ms is not None and abs(receipt.latency_ms - max(0, latency)) > 1:
            explanation = (
                f"latency_ms is {receipt.latency_ms}, but its times are {latency} ms apart"
            )
            yield Finding(Kind.RECEIPT_UNREADABLE, _place(receipt), explanation)


def receipts_agree(evidence: Evidence) -> Iterator[Finding]:
    """Find outcomes with two event ids, and event ids with two outcomes.

    Consumers drop repeats by the event id, so one outcome of one notification needs one id.
    """
    event_ids: dict[tuple[str, str], str] = {}
    for receipt in evidence.facts.receipts or ():
        if receipt.problem:
            continue
        first = evidence.receipts[receipt.event_id]
        same = (first.outcome, first.id, first.user) == (receipt.outcome, receipt.id, receipt.user)
        event_id = event_ids.setdefault((receipt.outcome, receipt.id), receipt.event_id)
        if not same or event_id != receipt.event_id:
            explanation = f"conflicts with receipt {event_id!r}: consumers see two outcomes"
            yield Finding(Kind.RECEIPTS_DIFFER, _place(receipt), explanation)


def receipts_match_the_facts(evidence: Evidence) -> Iterator[Finding]:
    """Find receipts that the clients' logs, MongoDB or the topic contradict."""
    for receipt in evidence.receipts.values():
        if receipt.problem:
            continue
        stored = evidence.stored.get(receipt.id)
        objection = _objection(receipt, stored, evidence)
        if objection:
            yield Finding(Kind.RECEIPT_FALSE, _place(receipt), objection)


def _objection(receipt: Receipt, stored: StoredNotification | None, evidence: Evidence) -> str:
    users = evidence.users_named.get(receipt.id, {receipt.user})
    if receipt.user not in users:
        return f"the notification is not {receipt.user}'s"
    if receipt.outcome == DELIVERED:
        return _objection_to_delivered(receipt, stored, evidence)
    if stored is None:
        return ""
    if receipt.outcome == EXPIRED and not evidence.has_expired(stored.expires_at):
        return "the notification has not expired"
    if receipt.outcome == SUPERSEDED and stored.superseded_by != receipt.superseded_by:
        return f"MongoDB says that it is superseded by {stored.superseded_by or 'none'}"
    return ""


def _objection_to_delivered(
    receipt: Receipt, stored: StoredNotification | None, evidence: Evidence
) -> str:
    acked_at = evidence.first_acks.get((receipt.id, receipt.user))
    if acked_at is None:
        return f"no client of {receipt.user} acknowledged it, according to their logs"
    if receipt.at < acked_at - evidence.rules.clock_noise_seconds:
        return f"{receipt.user} acknowledged it only at {times.as_text(acked_at)}"
    if stored is not None and stored.delivered_at is None:
        return "MongoDB has no delivered_at for it"
    return ""


def receipts_are_complete(evidence: Evidence) -> Iterator[Finding]:
    """Find, at the end of a run, outcomes without a receipt."""
    if evidence.facts.receipts is None or evidence.rules.complete is False:
        return
    for stored in evidence.facts.stored:
        for outcome in _outcomes_due(stored, evidence):
            if (outcome, stored.id) not in evidence.receipted:
                explanation = f"{outcome}, but it has no receipt"
                yield Finding(Kind.RECEIPT_MISSING, f"notification {stored.id}", explanation)


def _outcomes_due(stored: StoredNotification, evidence: Evidence) -> Iterator[str]:
    """Yield the outcomes of the notification that must have a receipt by now."""
    if stored.delivered_at is not None:
        yield DELIVERED
        return
    record = evidence.first_records.get(stored.id)
    if record is None or not evidence.commits.is_settled(record):
        return
    if stored.removed == MUTED:
        yield MUTED
    elif stored.superseded_by or stored.removed == WITHDRAWN:
        yield from _if_taken_back(stored, evidence)
    elif evidence.has_expired(stored.expires_at):
        if stored.expires_at is not None and stored.expires_at + _MAX_DELAY_SECONDS < evidence.now:
            yield EXPIRED
    elif not evidence.was_ever_connected(stored.user):
        yield PARKED


def _if_taken_back(stored: StoredNotification, evidence: Evidence) -> Iterator[str]:
    if stored.superseded_by:
        yield SUPERSEDED
        return
    withdrawal = evidence.withdrawals.get(stored.id)
    if withdrawal is None or not evidence.commits.is_settled(withdrawal):
        return
    # A notification that has expired may have expired before its withdrawal. Then no `withdrawn`
    # receipt is due.
    if not evidence.has_expired(stored.expires_at):
        yield WITHDRAWN


def _place(receipt: Receipt) -> str:
    return f"receipt {receipt.event_id}"
