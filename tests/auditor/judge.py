"""Facts in, verdict out: no input, no output, no clock."""

from collections.abc import Callable, Iterable, Iterator

from tests.auditor.checks.dead_letters import dead_letters_true
from tests.auditor.checks.delivered import acks_recorded, delivered_after_ack
from tests.auditor.checks.erased import erased_are_gone, erased_are_not_pushed
from tests.auditor.checks.offsets import (
    maps_readable,
    never_back,
    not_before_the_ack,
    within_the_log,
)
from tests.auditor.checks.order import (
    at_the_client,
    not_overtaken,
    on_the_log,
    one_partition_a_user,
)
from tests.auditor.checks.presence import (
    accepted_on_topic,
    created_at_client,
    created_in_inbox,
    nobody_gets_anothers,
    owners_agree,
    superseded_by_newer,
)
from tests.auditor.checks.receipts import (
    receipts_agree,
    receipts_complete,
    receipts_readable,
    receipts_true,
)
from tests.auditor.checks.settled import settled_have_reason
from tests.auditor.checks.superseded import not_pushed_once_superseded
from tests.auditor.counts import count
from tests.auditor.evidence import Evidence
from tests.auditor.facts import Facts, Rules
from tests.auditor.verdict import Counts, Finding, Kind, Verdict

_CHECKS: tuple[Callable[[Evidence], Iterable[Finding]], ...] = (
    settled_have_reason,
    maps_readable,
    within_the_log,
    never_back,
    not_before_the_ack,
    delivered_after_ack,
    acks_recorded,
    accepted_on_topic,
    created_in_inbox,
    created_at_client,
    nobody_gets_anothers,
    owners_agree,
    erased_are_gone,
    erased_are_not_pushed,
    superseded_by_newer,
    not_pushed_once_superseded,
    dead_letters_true,
    receipts_readable,
    receipts_agree,
    receipts_true,
    receipts_complete,
    on_the_log,
    not_overtaken,
    at_the_client,
    one_partition_a_user,
)


def judge(facts: Facts, rules: Rules | None = None) -> Verdict:
    """The verdict on these facts; without rules, what must hold at any moment of any run."""
    rules = rules or Rules()
    evidence = Evidence(facts, rules)
    counts = count(evidence)
    findings = [finding for check in _CHECKS for finding in check(evidence)]
    findings += _too_many(counts, rules)
    return Verdict(tuple(sorted(findings)), counts)


def _too_many(counts: Counts, rules: Rules) -> Iterator[Finding]:
    most = rules.max_duplicates
    if most is not None and counts.duplicates > most:
        explanation = f"{counts.duplicates} pushes of what the client had, {most} allowed"
        yield Finding(Kind.TOO_MANY_DUPLICATES, "all clients", explanation)
