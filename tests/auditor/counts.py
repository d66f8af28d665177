"""The figures that the report shows with the findings, such as how much the audit has judged."""

from collections import Counter

from tests.auditor.checks.settled import fate_of
from tests.auditor.connections import connections_of, repeats_of
from tests.auditor.evidence import Evidence
from tests.auditor.verdict import Counts


def count(evidence: Evidence) -> Counts:
    """Return all figures of one audit."""
    facts = evidence.facts
    settled = [record for record in facts.records if evidence.commits.is_settled(record)]
    fates = Counter(fate_of(record, evidence).fate for record in settled)
    repeats = [repeats_of(entries) for entries in evidence.clients.values()]
    first_receipts = evidence.receipts
    outcomes = Counter(receipt.outcome for receipt in first_receipts.values())
    written = Counter(receipt.outcome for receipt in facts.receipts or ())
    return Counts(
        records=len(facts.records),
        trimmed=sum(extent.beginning for extent in facts.extents),
        settled=len(settled),
        settled_by_map=sum(evidence.commits.is_marked(record) for record in settled),
        unsettled=len(facts.records) - len(settled),
        fates={fate: number for fate, number in fates.items() if fate is not None},
        repeats_on_log=len(evidence.created) - len(evidence.first_records),
        dead_letters=len(evidence.dead_letters),
        receipts=dict(outcomes),
        repeats_of_receipts=written.total() - outcomes.total(),
        repeats_of_delivered=written["delivered"] - outcomes["delivered"],
        repeats_at_another_time=sum(
            receipt.at != first_receipts[receipt.event_id].at for receipt in facts.receipts or ()
        ),
        stored=len(facts.stored),
        delivered=sum(stored.delivered_at is not None for stored in facts.stored),
        owed=sum(
            stored.delivered_at is None
            and not stored.superseded_by
            and not stored.removed
            and not evidence.has_expired(stored.expires_at)
            for stored in facts.stored
        ),
        accepted=len(facts.accepted),
        clients=len(evidence.clients),
        connections=sum(len(connections_of(entries)) for entries in evidence.clients.values()),
        received=_count_ids(evidence, "received"),
        acked=_count_ids(evidence, "acked"),
        duplicates=sum(client.duplicates for client in repeats),
        duplicates_of_acked=sum(client.of_acked for client in repeats),
        samples=len(facts.samples),
    )


def _count_ids(evidence: Evidence, event: str) -> int:
    return sum(len(entry.ids) for entry in evidence.facts.client_entries if entry.event == event)
