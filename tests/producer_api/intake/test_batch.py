"""Sealed batches have ids in order, and the times that the ids contain."""

import itertools
from datetime import UTC, datetime

from producer_api.contract.ids import IdSource
from producer_api.contract.notification import NewNotification, public_json
from producer_api.intake.batch import seal
from producer_api.intake.outcomes import BusyError, NotStorableError
from producer_api.intake.pending import PendingRequest


def _pending(*titles: str) -> PendingRequest:
    data = {"$where": {"a.b": 1}}
    return PendingRequest(
        [NewNotification(user_id="ana", type="t", title=title, data=data) for title in titles]
    )


async def test_sealing_gives_ids_and_times_in_order() -> None:
    pendings = [_pending("0"), _pending("1", "2", "3"), _pending("4")]
    batch = seal(pendings, IdSource(lambda: 1_700_000_000_123_999_999))
    ids = batch.intent.ids
    assert [document["title"] for document in batch.documents] == list("01234")
    assert all(earlier < later for earlier, later in itertools.pairwise([batch.intent_id, *ids]))
    moment = datetime(2023, 11, 14, 22, 13, 20, 123000, tzinfo=UTC)
    assert {document["created_at"] for document in batch.documents} == {moment}
    assert batch.items[0].created.public_json == public_json(batch.documents[0])
    assert batch.documents[0]["data"] == '{"$where":{"a.b":1}}'


async def test_a_refused_item_leaves_the_rest_of_its_request() -> None:
    pendings = [_pending("a"), _pending("b", "c")]
    batch = seal(pendings, IdSource())
    refused = batch.items[1]
    rest = batch.without(refused)
    assert [document["title"] for document in rest.documents] == ["a", "c"]
    assert rest.intent_id == batch.intent_id

    refused.fail(error := NotStorableError())
    rest.succeed()
    assert pendings[0].answer.result() == [batch.items[0].created]
    assert pendings[1].answer.result() == [error, batch.items[2].created]


async def test_a_caller_that_stopped_waiting_before_the_transaction_is_left_out() -> None:
    one, other = _pending("a"), _pending("b")
    batch = seal([one, other], IdSource())
    one.answer.cancel()
    begun = batch.begin()
    assert begun.requests == [other]
    assert begun.items == batch.items[1:]
    assert not one.may_be_written
    assert other.may_be_written
    assert begun.begin() is begun


async def test_a_caller_that_stops_waiting_later_is_skipped() -> None:
    one, other = _pending("a"), _pending("b")
    batch = seal([one, other], IdSource()).begin()
    one.answer.cancel()
    batch.succeed()
    assert other.answer.result() == [batch.items[1].created]
    batch.fail(BusyError("too late"))


async def test_a_notification_has_the_traceparent_of_its_request() -> None:
    with_trace = PendingRequest(_pending("a", "b").items, traceparent="00-1-2-01")
    batch = seal([with_trace, _pending("c")], IdSource())
    traces = [document.get("traceparent") for document in batch.documents]
    assert traces == ["00-1-2-01", "00-1-2-01", None]
    assert b"00-1-2-01" not in batch.items[0].created.public_json
    assert "traceparent" not in batch.documents[2], "must be absent, not null"
