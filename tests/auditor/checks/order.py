"""Order, per user: on the log by producer and by the answers, at each connection by id."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter

from tests.auditor import moments
from tests.auditor.connections import connections_of
from tests.auditor.evidence import Evidence
from tests.auditor.facts import Accepted
from tests.auditor.verdict import Finding, Kind


def on_the_log(evidence: Evidence) -> Iterator[Finding]:
    """First records of a user that stand behind a newer one of the same source."""
    lanes: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for name, record in evidence.first_records.items():
        lanes[record.user, record.source].append(name)
    for (user, source), names in lanes.items():
        for newer, name in _inversions(names, evidence):
            explanation = f"{name} of {user} (from {source}) stands behind the newer {newer}"
            yield Finding(Kind.OUT_OF_ORDER_ON_LOG, evidence.first_records[name].place, explanation)


def not_overtaken(evidence: Evidence) -> Iterator[Finding]:
    """First records of a user that stand behind one of a request begun after their answer.

    By the caller's clock alone: whichever processes took them, and whatever their clocks say.
    """
    accepted = {each.id: each for each in evidence.facts.accepted}
    latest: dict[str, Accepted] = {}
    for name, record in evidence.first_records.items():
        each = accepted.get(name)
        if each is None:
            continue
        before = latest.get(record.user, each)
        if each.at < before.began:
            explanation = (
                f"{name} of {record.user}, answered {moments.in_words(each.at)}, stands "
                f"behind {before.id}, asked for {moments.in_words(before.began)}"
            )
            yield Finding(Kind.OVERTAKEN_ON_LOG, record.place, explanation)
        latest[record.user] = max(before, each, key=attrgetter("began"))


def at_the_client(evidence: Evidence) -> Iterator[Finding]:
    """First receipts on a connection that came behind a newer one."""
    for client, entries in evidence.clients.items():
        for number, connection in enumerate(connections_of(entries), 1):
            firsts = dict.fromkeys(name for entry in connection for name in entry.received)
            for newer, name in _inversions(firsts, evidence):
                place = f"client {client}, connection {number}"
                explanation = f"{name} came behind the newer {newer}"
                yield Finding(Kind.OUT_OF_ORDER_AT_CLIENT, place, explanation)


def one_partition_a_user(evidence: Evidence) -> Iterator[Finding]:
    """Users whose records stand in several partitions: there is no order between these."""
    found: defaultdict[str, set[int]] = defaultdict(set)
    for record in evidence.created:
        found[record.user].add(record.partition)
    for user, partitions in found.items():
        if len(partitions) > 1:
            explanation = f"in {', '.join(str(number) for number in sorted(partitions))}"
            yield Finding(Kind.USER_SCATTERED, f"user {user}", explanation)


def _inversions(names: Iterable[str], evidence: Evidence) -> Iterator[tuple[str, str]]:
    """The newest before it, and the name, for each that is older than the newest before it.

    Where producers' clocks may differ, so may their ids; but those that the API's log says are of
    one producer must rise all the same.
    """
    names = list(names)
    skew = evidence.rules.skew_seconds
    yield from _falls(names, skew)
    if skew:
        producers = {each.id: each.producer for each in evidence.facts.accepted if each.producer}
        known = sorted((name for name in names if name in producers), key=producers.__getitem__)
        for _, lane in groupby(known, key=producers.__getitem__):
            yield from _falls(lane, 0.0)


def _falls(names: Iterable[str], skew: float) -> Iterator[tuple[str, str]]:
    newest = ""
    for name in names:
        if name >= newest:
            newest = name
        elif not skew or moments.of_id(newest) - moments.of_id(name) > skew:
            yield newest, name
