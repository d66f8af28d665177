"""Sealing: ids in order, moments that are the ids' own."""

import itertools
from datetime import UTC, datetime

from producer_api.contract.ids import IdSource
from producer_api.contract.notification import NewNotification
from producer_api.intake.batch import seal
from producer_api.intake.pending import Pending


def _pending(title: str) -> Pending:
    return Pending(
        NewNotification(user_id="ana", type="t", title=title, data={"$where": {"a.b": 1}})
    )


async def test_sealed_in_order() -> None:
    pendings = [_pending(str(number)) for number in range(5)]
    batch = seal(pendings, IdSource(lambda: 1_700_000_000_123_999_999))
    ids = batch.intent.ids
    assert [document["title"] for document in batch.documents] == list("01234")
    assert all(one < two for one, two in itertools.pairwise([batch.intent_id, *ids]))
    assert all(pending.sealed for pending in pendings)
    moment = datetime(2023, 11, 14, 22, 13, 20, 123000, tzinfo=UTC)
    assert {document["created_at"] for document in batch.documents} == {moment}
    assert batch.documents[0]["data"] == '{"$where":{"a.b":1}}'


async def test_one_leaves_and_the_rest_stays() -> None:
    batch = seal([_pending("a"), _pending("b"), _pending("c")], IdSource())
    rest = batch.without(1)
    assert [document["title"] for document in rest.documents] == ["a", "c"]
    assert rest.intent_id == batch.intent_id
