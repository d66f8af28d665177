"""How much was looked at: the figures beside the findings."""

from collections import Counter

from tests.auditor.checks.settled import fate_of
from tests.auditor.connections import connections_of, repeats_of
from tests.auditor.evidence import Evidence
from tests.auditor.verdict import Counts


def count(evidence: Evidence) -> Counts:
    """All figures of one audit."""
    facts = evidence.facts
    settled = [record for record in facts.records if evidence.is_settled(record)]
    fates = Counter(fate_of(record, evidence).fate for record in settled)
    repeats = [repeats_of(entries) for entries in evidence.clients.values()]
    return Counts(
        records=len(facts.records),
        trimmed=sum(extent.beginning for extent in facts.extents),
        settled=len(settled),
        settled_by_map=sum(evidence.is_marked(record) for record in settled),
        unsettled=len(facts.records) - len(settled),
        fates={fate: number for fate, number in fates.items() if fate is not None},
        repeats_on_log=len(evidence.created) - len(evidence.first_records),
        dead_letters=len(evidence.dead_letters),
        receipts=dict(Counter(receipt.outcome for receipt in evidence.receipts.values())),
        repeats_of_receipts=len(facts.receipts or ()) - len(evidence.receipts),
        stored=len(facts.stored),
        delivered=sum(each.delivered_at is not None for each in facts.stored),
        owed=sum(
            each.delivered_at is None
            and not each.superseded_by
            and not evidence.has_expired(each.expires_at)
            for each in facts.stored
        ),
        accepted=len(facts.accepted),
        clients=len(evidence.clients),
        connections=sum(len(connections_of(entries)) for entries in evidence.clients.values()),
        received=_ids(evidence, "received"),
        acked=_ids(evidence, "acked"),
        duplicates=sum(each.duplicates for each in repeats),
        duplicates_of_acked=sum(each.of_acked for each in repeats),
        samples=len(facts.samples),
    )


def _ids(evidence: Evidence, event: str) -> int:
    return sum(len(entry.ids) for entry in evidence.facts.entries if entry.event == event)
