"""Marking notifications that the caller names: by ids, or by the shop's own collapse key."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.integration.producer_api.api import Api
from tests.integration.producer_api.changes import changes_of
from tests.services.tokens import service_token, shopper_token
from tests.services.world import World

_KEY = "order-1234"
_NULL = "ids and collapse_key must not be null: leave them out to mark all"
_FIELDS = {"read": "read_at", "seen": "seen_at"}


async def _marked(world: World, mark: str) -> set[str]:
    return {item["_id"] async for item in world.inbox.find({_FIELDS[mark]: {"$ne": None}})}


@pytest.mark.parametrize("mark", ["read", "seen"])
@pytest.mark.parametrize("by", ["shopper", "service"])
async def test_a_key_marks_what_stands_under_it(mark: str, by: str, api: Api, world: World) -> None:
    token = shopper_token("ana") if by == "shopper" else service_token()
    older = (await api.created(collapse_key=_KEY))["id"]
    standing = (await api.created(collapse_key=_KEY))["id"]
    await api.created("eve", collapse_key=_KEY)
    await api.created(collapse_key="order-2")
    for _ in range(2):
        answer = await api.choose(mark, "ana", token, collapse_key=_KEY)
        assert (answer.status_code, answer.json()) == (
            200,
            {"unread_count": 1 if mark == "read" else 2, "unseen_count": 1},
        )
    assert await _marked(world, mark) == {standing}
    change = (await changes_of(world))[-1]
    assert (change.kind, change.ids) == (mark, [standing])
    assert "read_up_to" not in change.value
    assert [each.kind for each in await changes_of(world, "eve")] == ["created"]
    assert older not in change.ids


async def test_ids_mark_only_what_the_users_inbox_has(api: Api, world: World) -> None:
    mine, archived, gone = [(await api.created())["id"] for _ in range(3)]
    strangers = (await api.created("eve"))["id"]
    await api.mark("ana", archived, archived=True)
    await api.withdraw(gone)
    ids = [strangers, mine, archived, gone, "not-an-id", world.document("ana")["_id"], mine]
    answer = await api.choose("read", "me", shopper_token("ana"), ids=ids)
    assert (answer.status_code, answer.json()) == (200, {"unread_count": 0, "unseen_count": 0})
    assert await _marked(world, "read") == {mine, archived}
    assert (await changes_of(world))[-1].ids == [archived, mine]
    assert len(await changes_of(world, "eve")) == 1
    unknown = await api.choose("read", "ana", service_token(), ids=["x"])
    assert unknown.json() == {"unread_count": 0, "unseen_count": 0}


async def test_a_thousand_ids_make_one_transaction_and_bounded_records(
    api: Api, world: World
) -> None:
    """Does not measure time, but counts the documents that MongoDB examined."""
    documents = [world.document("ana") for _ in range(1_200)]
    documents[5]["seen_at"] = datetime.now(UTC)
    await world.inbox.insert_many(documents)
    ids = [document["_id"] for document in documents[:1_000]]
    database = world.inbox.database
    await database.command("profile", 2)
    try:
        answer = await api.choose("read", "ana", service_token(), ids=ids[::-1])
    finally:
        await database.command("profile", 0)
    assert answer.json() == {"unread_count": 200, "unseen_count": 200}
    changes = await changes_of(world)
    assert [change.ids for change in changes] == [
        ids[start : start + 100][::-1] for start in range(0, 1_000, 100)
    ]
    times = [change.time for change in changes]
    assert times == sorted(set(times)), "consumers drop an event that is not later than the last"
    assert {change.value["unread_count"] for change in changes} == {200}
    operations = await database["system.profile"].find({"ns": world.inbox.full_name}).to_list()
    assert max(operation.get("docsExamined", 0) for operation in operations) == 1_000
    moments = await world.inbox.distinct("read_at", {"_id": {"$in": ids}})
    assert (len(moments), await world.inbox.count_documents({"read_at": moments[0]})) == (1, 1_000)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"ids": []}, "ids"),
        ({"ids": ["x"] * 1_001}, "ids"),
        ({"ids": [7]}, "ids.0"),
        ({"ids": ["x" * 129]}, "ids.0"),
        ({"ids": "x"}, "ids"),
        ({"collapse_key": ""}, "collapse_key"),
        ({"collapse_key": "x" * 129}, "collapse_key"),
        ({"ids": None}, _NULL),
        ({"collapse_key": None}, _NULL),
        ({"up_to": "x", "ids": ["x"]}, "up_to, ids and collapse_key"),
        ({"collapse_key": "x", "ids": ["x"]}, "up_to, ids and collapse_key"),
    ],
)
async def test_a_wrong_choice_is_refused_by_name(
    body: dict[str, Any], named: str, api: Api
) -> None:
    created = await api.created()
    answer = await api.choose("read", "ana", service_token(), **body)
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert named in (error["field"], error["message"].removeprefix("must have only one of "))
    assert (await api.listed(status="unread")).json()["items"] == [created]


async def test_a_service_must_name_what_it_marks_and_other_shoppers_are_refused(api: Api) -> None:
    await api.created(collapse_key=_KEY)
    bare: list[dict[str, Any]] = [{}, {"up_to": "x"}]
    for body in bare:
        answer = await api.choose("read", "ana", service_token(), **body)
        assert (answer.status_code, "ids or the collapse_key" in answer.text) == (403, True)
    chosen: list[dict[str, Any]] = [{"collapse_key": _KEY}, {"ids": ["x"]}]
    for body in chosen:
        answer = await api.choose("read", "ana", shopper_token("eve"), **body)
        assert answer.status_code == 403
    assert (await api.listed()).json()["unread_count"] == 1
