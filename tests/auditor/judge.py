"""Turns facts into a verdict. Pure: no I/O, no clock."""

from collections.abc import Callable, Iterable, Iterator

from tests.auditor.checks.away import (
    tellings_are_known,
    tellings_are_needed,
    tellings_are_not_repeated,
    undelivered_are_told,
)
from tests.auditor.checks.dead_letters import dead_letters_are_faithful
from tests.auditor.checks.delivered import acks_are_recorded, deliveries_follow_acks
from tests.auditor.checks.erased import erased_are_gone, erased_are_not_pushed
from tests.auditor.checks.missing import (
    accepted_are_on_the_topic,
    created_are_in_mongodb,
    created_reach_their_clients,
)
from tests.auditor.checks.muted import (
    muted_are_not_pushed,
    muted_have_one_kind_of_receipt,
    muted_may_be_muted,
    topic_and_inbox_agree_on_muted,
)
from tests.auditor.checks.offsets import (
    commits_are_within_the_log,
    commits_follow_acks_under_hold,
    commits_never_go_back,
    maps_are_readable,
)
from tests.auditor.checks.order import (
    answered_requests_are_not_overtaken,
    clients_receive_in_order,
    topic_is_in_order,
    users_have_one_partition,
)
from tests.auditor.checks.ownership import (
    clients_receive_only_their_own,
    sources_agree_on_the_user,
)
from tests.auditor.checks.parked import connected_users_are_not_parked
from tests.auditor.checks.receipts import (
    receipts_agree,
    receipts_are_complete,
    receipts_are_readable,
    receipts_match_the_facts,
)
from tests.auditor.checks.settled import settled_records_have_a_reason
from tests.auditor.checks.superseded import superseded_are_not_pushed, superseding_is_newer
from tests.auditor.checks.withdrawn import (
    topic_and_inbox_agree_on_withdrawn,
    withdrawn_are_not_pushed,
    withdrawn_have_one_kind_of_receipt,
)
from tests.auditor.counts import count
from tests.auditor.evidence import Evidence
from tests.auditor.facts import Facts, Rules
from tests.auditor.verdict import Counts, Finding, Kind, Verdict

_CHECKS: tuple[Callable[[Evidence], Iterable[Finding]], ...] = (
    settled_records_have_a_reason,
    maps_are_readable,
    commits_are_within_the_log,
    commits_never_go_back,
    commits_follow_acks_under_hold,
    deliveries_follow_acks,
    acks_are_recorded,
    accepted_are_on_the_topic,
    created_are_in_mongodb,
    created_reach_their_clients,
    clients_receive_only_their_own,
    sources_agree_on_the_user,
    erased_are_gone,
    erased_are_not_pushed,
    superseding_is_newer,
    superseded_are_not_pushed,
    muted_are_not_pushed,
    muted_have_one_kind_of_receipt,
    muted_may_be_muted,
    topic_and_inbox_agree_on_muted,
    withdrawn_are_not_pushed,
    topic_and_inbox_agree_on_withdrawn,
    withdrawn_have_one_kind_of_receipt,
    tellings_are_known,
    tellings_are_needed,
    tellings_are_not_repeated,
    undelivered_are_told,
    dead_letters_are_faithful,
    receipts_are_readable,
    receipts_agree,
    receipts_match_the_facts,
    receipts_are_complete,
    connected_users_are_not_parked,
    topic_is_in_order,
    answered_requests_are_not_overtaken,
    clients_receive_in_order,
    users_have_one_partition,
)


def judge(facts: Facts, rules: Rules | None = None) -> Verdict:
    """Return the verdict on these facts.

    Without rules, checks only the guarantees that hold at any moment of any run.
    """
    rules = rules or Rules()
    evidence = Evidence(facts, rules)
    counts = count(evidence)
    findings = [finding for check in _CHECKS for finding in check(evidence)]
    findings += _excess_duplicates(counts, rules)
    findings += _excess_receipts(counts, rules)
    return Verdict(tuple(sorted(findings)), counts)


def _excess_duplicates(counts: Counts, rules: Rules) -> Iterator[Finding]:
    most = rules.max_duplicates
    if most is not None and counts.duplicates > most:
        explanation = f"{counts.duplicates} pushes are repeats; {most} are allowed"
        yield Finding(Kind.TOO_MANY_DUPLICATES, "all clients", explanation)


def _excess_receipts(counts: Counts, rules: Rules) -> Iterator[Finding]:
    most, repeats = rules.max_repeated_receipts, counts.repeats_of_delivered
    delivered = counts.receipts.get("delivered", 0)
    if most is not None and repeats > most * delivered:
        explanation = f"{repeats} repeats of {delivered} receipts; a share of {most} is allowed"
        yield Finding(Kind.TOO_MANY_REPEATED_RECEIPTS, "all deliveries", explanation)
