"""No receipt says that a notification was parked while its user was connected all the time."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from tests.auditor import times
from tests.auditor.checks.receipts import PARKED
from tests.auditor.evidence import Evidence
from tests.auditor.facts import ClientEntry
from tests.auditor.verdict import Finding, Kind

#: In the first seconds of a connection, its edge may not have subscribed it at the owner yet. In
#: the last seconds, the server may have ended it, and the client has not noticed yet.
_MARGIN_SECONDS = 3.0
#: While an instance was frozen, its clients seemed connected. A client was certainly reachable only
#: if it got something at least every `_FROZEN_SECONDS`, in the `_WITHIN_REACH_SECONDS` before the
#: receipt. An owner notices the freeze 3.5 s after the instance's last frame. The instance may have
#: sent that frame a second before the freeze, and before the last push.
_FROZEN_SECONDS, _WITHIN_REACH_SECONDS = 2.0, 12.0


class _Span(NamedTuple):
    """The time of one connection of a client."""

    start: float
    end: float
    heard: tuple[float, ...]
    """The times at which the client received something."""


def connected_users_are_not_parked(evidence: Evidence) -> Iterator[Finding]:
    """Find `parked` receipts of users with a connection from before the create until afterwards."""
    spans: defaultdict[str, list[_Span]] = defaultdict(list)
    for entries in evidence.clients.values():
        spans[entries[0].user] += _spans_of(entries, evidence.now)
    for receipt in evidence.facts.receipts or ():
        if receipt.outcome != PARKED or receipt.problem:
            continue
        # A producer's clock may be ahead.
        created_at = min(times.time_in_id(receipt.id), receipt.at)
        for span in spans[receipt.user]:
            is_covered = (
                span.start + _MARGIN_SECONDS < created_at
                and receipt.at < span.end - _MARGIN_SECONDS
            )
            if is_covered and (not evidence.rules.may_freeze or _was_heard(span, receipt.at)):
                explanation = (
                    f"{receipt.user} was connected from {times.as_text(span.start)} "
                    f"to {times.as_text(span.end)}"
                )
                yield Finding(
                    Kind.PARKED_WHILE_CONNECTED, f"receipt {receipt.event_id}", explanation
                )
                break


def _spans_of(entries: Iterable[ClientEntry], now: float) -> Iterator[_Span]:
    """Yield one client's connections. One without a logged end lasts until the next one, or now."""
    changes = [entry for entry in entries if entry.event in {"connected", "disconnected"}]
    heard = tuple(entry.at for entry in entries if entry.event == "received")
    for change, end in zip(changes, [*(later.at for later in changes[1:]), now], strict=False):
        if change.event == "connected":
            yield _Span(change.at, end, heard)


def _was_heard(span: _Span, at: float) -> bool:
    begin = at - _WITHIN_REACH_SECONDS
    heard = [heard_at for heard_at in span.heard if begin < heard_at <= at]
    gaps = (later - earlier for earlier, later in pairwise([begin, *heard, at]))
    return max(gaps) < _FROZEN_SECONDS
