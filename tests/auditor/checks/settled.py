"""An offset may pass a record only for a reason, such as an ack of its notification."""

from collections.abc import Iterator
from typing import NamedTuple

from tests.auditor.checks.receipts import MUTED, WITHDRAWN
from tests.auditor.evidence import Evidence
from tests.auditor.facts import CREATED, Record, StoredNotification
from tests.auditor.verdict import Fate, Finding, Kind


class Assessment(NamedTuple):
    """Why an offset may pass a record or, if `fate` is None, why it may not."""

    fate: Fate | None
    objection: str = ""


def fate_of(record: Record, evidence: Evidence) -> Assessment:
    """Return why an offset may pass this record, or why it may not."""
    if (record.partition, record.offset) in evidence.dead_letters:
        return Assessment(Fate.DEAD_LETTERED)
    if record.problem:
        return Assessment(None, f"it is unreadable ({record.problem}) and not a dead letter")
    if record.kind != CREATED:
        return Assessment(Fate.STATE_CHANGE)
    stored = evidence.stored.get(record.id)
    return _fate_if_gone(record, evidence) if stored is None else _fate_of_stored(stored, evidence)


def _fate_if_gone(record: Record, evidence: Evidence) -> Assessment:
    if evidence.was_erased(record.id, record.user):
        return Assessment(Fate.ERASED)
    if evidence.has_expired(record.expires_at):
        return Assessment(Fate.EXPIRED)
    return Assessment(None, "MongoDB does not have it, so it is not owed to its user")


def _fate_of_stored(stored: StoredNotification, evidence: Evidence) -> Assessment:
    if stored.removed == MUTED:
        return Assessment(Fate.MUTED)
    if stored.delivered_at is not None:
        if (stored.id, stored.user) in evidence.first_acks:
            return Assessment(Fate.ACKED)
        objection = "delivered_at is set, so it is not owed, but no client has acknowledged it"
        return Assessment(None, objection)
    if stored.superseded_by or stored.removed == WITHDRAWN:
        return Assessment(Fate.SUPERSEDED if stored.superseded_by else Fate.WITHDRAWN)
    if evidence.has_expired(stored.expires_at):
        return Assessment(Fate.EXPIRED)
    return Assessment(Fate.PARKED)


def settled_records_have_a_reason(evidence: Evidence) -> Iterator[Finding]:
    """Find records that an offset or a map has passed without a reason."""
    for record in evidence.facts.records:
        if not evidence.commits.is_settled(record):
            continue
        fate, objection = fate_of(record, evidence)
        what = f"notification {record.id} of {record.user}" if record.id else "a record"
        is_marked = evidence.commits.is_marked(record)
        passed = "marked in the map" if is_marked else "below the committed offset"
        if fate is None:
            explanation = f"{what} is {passed}: {objection}"
            yield Finding(Kind.SETTLED_WITHOUT_REASON, record.place, explanation, record.at)
        elif fate is Fate.PARKED and evidence.rules.hold:
            explanation = f"{what} is {passed} and undelivered: under hold it must wait"
            yield Finding(Kind.PARKED_UNDER_HOLD, record.place, explanation)
