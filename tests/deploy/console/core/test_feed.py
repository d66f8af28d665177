"""The feed shows a bounded number of records, and counts the rest: nothing is left out."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from deploy.console.core.facts import dead_letter_of, fact_of
from deploy.console.core.feed import MOST_RECORDS, Feed, FeedRecord, feed_record
from tests.delivery.core.effort import effort
from tests.deploy.console.core.events import changed, created, erased, event, id_at, mark, receipt

_records = st.builds(FeedRecord, st.sampled_from(["created", "parked"]), st.integers(0, 2))


@effort(30)
@given(st.lists(st.lists(_records, max_size=40), max_size=3))
def test_records_and_sums_add_up_to_what_came(rounds: list[list[FeedRecord]]) -> None:
    feed = Feed()
    for came in rounds:
        for record in came:
            feed.add(record)
        taken = feed.take()
        assert (taken is None) == (not came)
        if taken is None:
            continue
        assert len(taken["records"]) <= MOST_RECORDS
        assert taken["records"] == [each._asdict() for each in came[:MOST_RECORDS]]
        summed = Counter(
            {
                (int(lane), kind): count
                for lane, kinds in taken["more"].items()
                for kind, count in kinds.items()
            }
        )
        summed.update((each["partition"], each["kind"]) for each in taken["records"])
        assert summed == Counter((each.partition, each.kind) for each in came)


def test_each_kind_of_record_is_shown_once_with_a_masked_user() -> None:
    events = [
        created(1, "anabel", place=(2, 5)),
        receipt("delivered", 1, at=9, user="anabel", owner="http://i1", edge="http://i2"),
        receipt("parked", 2, at=9, user="anabel"),
        changed("read", mark(1), at=10, user="anabel"),
        changed("withdrawn", mark(1), mark(2), at=11, user="anabel"),
        erased("anabel", at=12),
        receipt("withdrawn", 1, at=13, user="anabel"),
        receipt("dead_lettered", 3, at=13, user="anabel", reason="no id"),
    ]
    shown = []
    for each in events:
        fact = fact_of(each)
        assert fact is not None
        shown.append(feed_record(each, fact, is_main=each.topic == "notifications"))
    kinds = [each and (each.kind, each.id, each.offset) for each in shown]
    assert kinds == [
        ("created", id_at(1), 5),
        ("delivered", id_at(1), None),
        ("parked", id_at(2), None),
        ("read", id_at(1), 10_010),
        ("withdrawn", None, 10_011),
        ("erased", None, 20_012),
        None,
        None,
    ]
    assert {each.user for each in shown if each} == {"a•••l"}
    assert shown[1] is not None
    assert (shown[1].latency_ms, shown[1].owner, shown[1].edge) == (8, "http://i1", "http://i2")


def test_a_dead_letter_is_in_the_lane_of_its_record() -> None:
    letter = event("unreadable", b"{", place=(0, 3), dlq_partition=b"2", dlq_reason=b"not JSON")
    record = feed_record(letter, dead_letter_of(letter, None, None), is_main=False)
    assert record is not None
    assert (record.kind, record.partition, record.reason) == ("dead_lettered", 2, "not JSON")


def test_a_long_text_is_cut_because_many_events_may_wait_for_a_page() -> None:
    feed = Feed()
    feed.add(FeedRecord("dead_lettered", 1, reason="x" * 100_000))
    taken = feed.take()
    assert taken is not None
    (shown,) = taken["records"]
    assert (shown["partition"], shown["reason"]) == (1, "x" * 500)
