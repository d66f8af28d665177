"""The order of one user's notifications, on the topic and on each connection."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter

from tests.auditor import times
from tests.auditor.connections import connections_of
from tests.auditor.evidence import Evidence
from tests.auditor.facts import AcceptedNotification
from tests.auditor.verdict import Finding, Kind


def topic_is_in_order(evidence: Evidence) -> Iterator[Finding]:
    """Find records that follow a newer one of the same user and source. Repeats do not count."""
    lanes: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for notification_id, record in evidence.first_records.items():
        lanes[record.user, record.source].append(notification_id)
    for (user, source), ids in lanes.items():
        for newer, older in _inversions(ids, evidence):
            explanation = f"{older} of {user} (from {source}) follows the newer {newer}"
            place = evidence.first_records[older].place
            at = times.time_in_id(older)
            yield Finding(Kind.OUT_OF_ORDER_ON_LOG, place, explanation, at)


def answered_requests_are_not_overtaken(evidence: Evidence) -> Iterator[Finding]:
    """Find records that follow another one, but were answered before that one was requested.

    This check uses only the caller's clock. Therefore, it is valid for requests to any process,
    even if the clocks of the processes are wrong.
    """
    accepted_by_id = {accepted.id: accepted for accepted in evidence.facts.accepted}
    latest: dict[str, AcceptedNotification] = {}
    for notification_id, record in evidence.first_records.items():
        accepted = accepted_by_id.get(notification_id)
        if accepted is None:
            continue
        before = latest.get(record.user, accepted)
        if accepted.answered_at < before.requested_at:
            explanation = (
                f"{notification_id} of {record.user} was answered at "
                f"{times.as_text(accepted.answered_at)}, but follows {before.id}, which was "
                f"requested at {times.as_text(before.requested_at)}"
            )
            at = before.requested_at
            yield Finding(Kind.OVERTAKEN_ON_LOG, record.place, explanation, at)
        latest[record.user] = max(before, accepted, key=attrgetter("requested_at"))


def clients_receive_in_order(evidence: Evidence) -> Iterator[Finding]:
    """Find notifications that reached a connection after a newer one. Repeats do not count.

    After a new log has replaced a deleted one, delivery may read the new one from the middle until
    it notices the change. So notifications that were created in this time are left out.
    """
    deleted_at, noticed_at = evidence.rules.log_replaced or (0.0, 0.0)
    for client, entries in evidence.clients.items():
        for number, connection in enumerate(connections_of(entries), 1):
            first_pushes: dict[str, float] = {}
            for entry in connection:
                for notification_id in entry.received:
                    first_pushes.setdefault(notification_id, entry.at)
            for newer, older in _inversions(first_pushes, evidence):
                if deleted_at < times.time_in_id(older) <= noticed_at:
                    continue
                place = f"client {client}, connection {number}"
                explanation = f"{older} came after the newer {newer}"
                at = first_pushes[older]
                yield Finding(Kind.OUT_OF_ORDER_AT_CLIENT, place, explanation, at)


def users_have_one_partition(evidence: Evidence) -> Iterator[Finding]:
    """Find users with records in several partitions. Order holds only within one partition."""
    partitions_of: defaultdict[str, set[int]] = defaultdict(set)
    for record in evidence.created:
        partitions_of[record.user].add(record.partition)
    for user, partitions in partitions_of.items():
        if len(partitions) > 1:
            explanation = f"in {', '.join(str(number) for number in sorted(partitions))}"
            yield Finding(Kind.USER_IN_SEVERAL_PARTITIONS, f"user {user}", explanation)


def _inversions(ids: Iterable[str], evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Find ids that follow a newer id. Return pairs: the newest id before it, and the id itself.

    The clocks of several producers may differ by `skew_seconds`, and so may the times in their
    ids. The ids of one producer must still increase. The API's log names the producer.
    """
    ids = list(ids)
    skew = evidence.rules.skew_seconds
    yield from _falls(ids, skew)
    if skew:
        producers = {
            accepted.id: accepted.producer
            for accepted in evidence.facts.accepted
            if accepted.producer
        }
        known = [notification_id for notification_id in ids if notification_id in producers]
        known.sort(key=producers.__getitem__)
        for _, of_one_producer in groupby(known, key=producers.__getitem__):
            yield from _falls(of_one_producer, 0.0)


def _falls(ids: Iterable[str], skew: float) -> Iterator[tuple[str, str]]:
    newest = ""
    for notification_id in ids:
        if notification_id >= newest:
            newest = notification_id
        elif not skew or times.time_in_id(newest) - times.time_in_id(notification_id) > skew:
            yield newest, notification_id
