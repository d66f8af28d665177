"""Every record that an offset or a map has passed is with its user, or safe."""

from collections.abc import Iterator
from typing import NamedTuple

from tests.auditor.evidence import Evidence
from tests.auditor.facts import CREATED, Record, Stored
from tests.auditor.verdict import Fate, Finding, Kind


class Fated(NamedTuple):
    """Why it may be passed, or what speaks against it."""

    fate: Fate | None
    against: str = ""


def fate_of(record: Record, evidence: Evidence) -> Fated:
    """Why an offset may pass this record; no fate, and what is wrong, where it may not."""
    if (record.partition, record.offset) in evidence.dead_letters:
        return Fated(Fate.DEAD_LETTERED)
    if record.problem:
        return Fated(None, f"it cannot be read ({record.problem}), and is no dead letter either")
    if record.kind != CREATED:
        return Fated(Fate.STATE_CHANGE)
    stored = evidence.stored.get(record.id)
    return _fate_without(record, evidence) if stored is None else _fate_of_stored(stored, evidence)


def _fate_without(record: Record, evidence: Evidence) -> Fated:
    if evidence.was_erased(record.id, record.user):
        return Fated(Fate.ERASED)
    if evidence.has_expired(record.expires_at):
        return Fated(Fate.EXPIRED)
    return Fated(None, "MongoDB does not have it, so nobody owes it to its user")


def _fate_of_stored(stored: Stored, evidence: Evidence) -> Fated:
    if stored.delivered_at is not None:
        if (stored.id, stored.user) in evidence.first_acks:
            return Fated(Fate.ACKED)
        return Fated(None, "delivered_at is set, so it is owed no more, but no client has acked it")
    if stored.superseded_by:
        return Fated(Fate.SUPERSEDED)
    if evidence.has_expired(stored.expires_at):
        return Fated(Fate.EXPIRED)
    return Fated(Fate.PARKED)


def settled_have_reason(evidence: Evidence) -> Iterator[Finding]:
    """Records that were passed and should not have been."""
    for record in evidence.facts.records:
        if not evidence.is_settled(record):
            continue
        fate, against = fate_of(record, evidence)
        what = f"notification {record.id} of {record.user}" if record.id else "a record"
        passed = "marked in the map" if evidence.is_marked(record) else "below the committed offset"
        if fate is None:
            explanation = f"{what} is {passed}: {against}"
            yield Finding(Kind.SETTLED_WITHOUT_REASON, record.place, explanation)
        elif fate is Fate.PARKED and evidence.rules.hold:
            explanation = f"{what} is {passed}, undelivered: under hold it must wait"
            yield Finding(Kind.PARKED_UNDER_HOLD, record.place, explanation)
