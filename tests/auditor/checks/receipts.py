"""Receipts say what became of each notification: all of it, once, and nothing else."""

from collections.abc import Iterator

from tests.auditor import moments
from tests.auditor.evidence import Evidence
from tests.auditor.facts import Receipt, Stored
from tests.auditor.verdict import Finding, Kind

DELIVERED, PARKED, EXPIRED, SUPERSEDED = "delivered", "parked", "expired", "superseded"

#: For so long may a receipt be under way of what expires while nobody looks at it.
_UNDER_WAY_SECONDS = 10.0


def receipts_readable(evidence: Evidence) -> Iterator[Finding]:
    """Receipts that are not what the contract says, or whose latency is not their own."""
    for receipt in evidence.facts.receipts or ():
        if receipt.problem:
            yield Finding(Kind.RECEIPT_UNREADABLE, _place(receipt), receipt.problem)
            continue
        created = moments.of_id(receipt.id)
        latency = round((receipt.at - created) * 1000)
        if receipt.latency_ms is not None and abs(receipt.latency_ms - max(0, latency)) > 1:
            explanation = f"latency of {receipt.latency_ms} ms, but its times are {latency} apart"
            yield Finding(Kind.RECEIPT_UNREADABLE, _place(receipt), explanation)


def receipts_agree(evidence: Evidence) -> Iterator[Finding]:
    """Two names of one outcome of one notification, or one name of two."""
    names: dict[tuple[str, str], str] = {}
    for receipt in evidence.facts.receipts or ():
        if receipt.problem:
            continue
        first = evidence.receipts[receipt.name]
        same = (first.outcome, first.id, first.user) == (receipt.outcome, receipt.id, receipt.user)
        name = names.setdefault((receipt.outcome, receipt.id), receipt.name)
        if not same or name != receipt.name:
            explanation = f"there is another, {name!r}, and nobody can tell that it is the same"
            yield Finding(Kind.RECEIPTS_DIFFER, _place(receipt), explanation)


def receipts_true(evidence: Evidence) -> Iterator[Finding]:
    """Receipts of what has not happened, by the clients' logs, MongoDB and the topic."""
    for receipt in evidence.receipts.values():
        if receipt.problem:
            continue
        stored = evidence.stored.get(receipt.id)
        against = _against(receipt, stored, evidence)
        if against:
            yield Finding(Kind.RECEIPT_UNTRUE, _place(receipt), against)


def _against(receipt: Receipt, stored: Stored | None, evidence: Evidence) -> str:
    owners = evidence.owners.get(receipt.id, {receipt.user})
    if receipt.user not in owners:
        return f"it is not {receipt.user}'s"
    if receipt.outcome == DELIVERED:
        return _against_delivered(receipt, stored, evidence)
    if stored is None:
        return ""
    if receipt.outcome == EXPIRED and not evidence.has_expired(stored.expires_at):
        return "it has not expired"
    if receipt.outcome == SUPERSEDED and stored.superseded_by != receipt.superseded_by:
        return f"superseded by {stored.superseded_by or 'none'}, by MongoDB"
    return ""


def _against_delivered(receipt: Receipt, stored: Stored | None, evidence: Evidence) -> str:
    acked = evidence.first_acks.get((receipt.id, receipt.user))
    if acked is None:
        return f"no client of {receipt.user} has acknowledged it, by their own logs"
    if receipt.at < acked - evidence.rules.clock_noise_seconds:
        return f"{receipt.user} acknowledged it only at {moments.in_words(acked)}"
    if stored is not None and stored.delivered_at is None:
        return "MongoDB does not have it as delivered"
    return ""


def receipts_complete(evidence: Evidence) -> Iterator[Finding]:
    """At the end of a run: outcomes without a receipt."""
    if evidence.facts.receipts is None or evidence.rules.complete is False:
        return
    for stored in evidence.facts.stored:
        for outcome in _outcomes(stored, evidence):
            if (outcome, stored.id) not in evidence.told:
                explanation = f"{outcome}, but no receipt says so"
                yield Finding(Kind.RECEIPT_MISSING, f"notification {stored.id}", explanation)


def _outcomes(stored: Stored, evidence: Evidence) -> Iterator[str]:
    """What must have become known of it."""
    if stored.delivered_at is not None:
        yield DELIVERED
        return
    record = evidence.first_records.get(stored.id)
    if record is None or not evidence.is_settled(record):
        return
    if stored.superseded_by:
        yield SUPERSEDED
    elif evidence.has_expired(stored.expires_at):
        if stored.expires_at is not None and stored.expires_at + _UNDER_WAY_SECONDS < evidence.now:
            yield EXPIRED
    elif not evidence.was_ever_there(stored.user):
        yield PARKED


def _place(receipt: Receipt) -> str:
    return f"receipt {receipt.name}"
