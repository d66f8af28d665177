"""A service takes back a notification, by its id or by the collapse key under which it stands."""

import asyncio
from datetime import UTC, datetime

import pytest

from tests.integration.producer_api.api import Api
from tests.integration.producer_api.changes import changes_of
from tests.integration.producer_api.outside import (
    A_MARK,
    drained,
    folded_count,
    leave_open,
    logged,
)
from tests.services.tokens import service_token, shopper_token
from tests.services.waiting import eventually
from tests.services.world import World

_KEY = "order-1"


async def _status(api: Api, notification_id: str) -> str:
    return str((await api.trace(notification_id)).json()["status"])


async def test_a_withdrawn_notification_is_gone_and_one_record_says_so(
    api: Api, world: World
) -> None:
    kept, taken = [(await api.created())["id"] for _ in range(2)]
    await api.mark("ana", taken, seen=True)
    for _ in range(2):
        answer = await api.withdraw(taken)
        assert (answer.status_code, answer.content) == (204, b"")
    assert await _status(api, taken) == "withdrawn"
    listed = (await api.listed()).json()
    assert [item["id"] for item in listed["items"]] == [kept]
    *_, change = await changes_of(world)
    assert (change.kind, change.ids) == ("withdrawn", [taken])
    assert change.value["changed"][0]["withdrawn_at"] == change.value["at"] == change.time
    assert change.value["changed"][0]["seen_at"] is not None
    assert (change.value["unread_count"], change.value["unseen_count"]) == (1, 1)
    assert len(await changes_of(world)) == 4, "the repeat must publish nothing"


async def test_a_key_withdraws_only_what_stands_under_it_and_brings_nothing_back(
    api: Api, world: World
) -> None:
    older = (await api.created(collapse_key=_KEY))["id"]
    standing = (await api.created(collapse_key=_KEY))["id"]
    other = (await api.created(collapse_key="order-2"))["id"]
    strangers = (await api.created("eve", collapse_key=_KEY))["id"]
    for _ in range(2):
        assert (await api.withdraw_standing("ana", _KEY)).status_code == 204
    assert await api.ids() == [other]
    assert await api.ids("eve") == [strangers]
    statuses = [await _status(api, each) for each in (older, standing, strangers)]
    assert statuses == ["superseded", "withdrawn", "pending"]
    assert [change.ids for change in await changes_of(world) if change.kind == "withdrawn"] == [
        [standing]
    ]
    newer = (await api.created(collapse_key=_KEY))["id"]
    assert await api.ids() == [newer, other]
    assert await _status(api, standing) == "withdrawn", "it must not be superseded as well"


async def test_a_notification_can_be_withdrawn_whatever_its_status(api: Api, world: World) -> None:
    now = datetime.now(UTC)
    delivered, archived, expired, muted, superseded = documents = [
        world.document("ana", delivered_at=now),
        world.document("ana", archived_at=now),
        world.document("ana", expires_at=now),
        world.document("ana", removed="muted"),
        world.document("ana", superseded_by="newer"),
    ]
    await world.inbox.insert_many(documents)
    for document in documents:
        assert (await api.withdraw(document["_id"])).status_code == 204
    assert [await _status(api, each["_id"]) for each in (delivered, archived, expired)] == [
        "withdrawn"
    ] * 3
    assert await _status(api, muted["_id"]) == "muted", "a muted one must stay muted"
    assert await _status(api, superseded["_id"]) == "withdrawn"
    assert await api.ids(status="archived") == []
    stored = await world.inbox.find_one({"_id": delivered["_id"]})
    assert stored["delivered_at"] is not None
    # A shopper's action may arrive after the withdrawal. It must not fail, nor undo the withdrawal.
    assert (await api.mark("ana", archived["_id"], archived=False)).status_code == 200
    assert await api.ids() == []
    assert (await api.listed()).json()["unread_count"] == 0


async def test_an_index_serves_the_withdrawal_of_a_folded_notification(
    api: Api, world: World
) -> None:
    documents = [world.document("ana") for _ in range(1_100)]
    documents[0]["collapse_key"] = _KEY
    await world.inbox.insert_many(documents)

    async def all_folded() -> bool:
        assert (await api.listed(limit=1)).json()["unread_count"] == 1_100
        return await folded_count(world) == 1_100

    await eventually(all_folded)
    database = world.inbox.database
    await database.command("profile", 2)
    try:
        await api.withdraw_standing("ana", _KEY)
        await api.withdraw(documents[1]["_id"])
    finally:
        await database.command("profile", 0)
    counts = (await api.listed(limit=1)).json()
    assert (counts["unread_count"], counts["unseen_count"]) == (1_098, 1_098)
    # Count only operations on these notifications: the API may still fold inboxes of other tests.
    names = {_KEY, documents[0]["_id"], documents[1]["_id"]}
    operations = [
        operation
        async for operation in database["system.profile"].find({"ns": world.inbox.full_name})
        if any(name in str(operation["command"]) for name in names)
    ]
    assert operations
    assert max(operation.get("docsExamined", 0) for operation in operations) <= 1


async def test_a_withdrawal_waits_for_the_create_and_the_mark_of_a_dead_process(
    api: Api, world: World
) -> None:
    created = world.document("ana")
    await world.inbox.insert_one(created)
    await leave_open(world, "a create's", ids=[created["_id"]])
    await asyncio.sleep(0.002)  # MongoDB's times have a resolution of one millisecond
    await leave_open(world, "a mark's", records=[A_MARK])
    assert (await api.withdraw(created["_id"])).status_code == 204
    await drained(world)
    first, second, withdrawal = await logged(world)
    assert (first, second) == (created["_id"], "a mark")
    assert withdrawal not in {first, second}


async def test_only_a_service_withdraws_and_each_mistake_is_named(api: Api, world: World) -> None:
    created_id = (await api.created(collapse_key=_KEY))["id"]
    path = "/v1/notifications"
    for token in (shopper_token("ana"), shopper_token("eve")):
        body = {"user_id": "ana", "collapse_key": _KEY}
        assert (await api.call("DELETE", f"{path}/{created_id}", token)).status_code == 403
        answer = await api.call("POST", f"{path}/withdraw", token, json=body)
        assert answer.status_code == 403
    for unknown in (world.document("ana")["_id"], "not-an-id", "%00", "a" * 300):
        assert (await api.withdraw(unknown)).status_code == 404
    for wrong, field in (
        ({"user_id": "ana"}, "collapse_key"),
        ({"user_id": "me", "collapse_key": _KEY}, "user_id"),
        ({"user_id": "ana", "collapse_key": ""}, "collapse_key"),
        ({"user_id": "ana", "collapse_key": _KEY, "id": "x"}, "id"),
    ):
        answer = await api.call("POST", f"{path}/withdraw", service_token(), json=wrong)
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert (await api.withdraw_standing("nobody", _KEY)).status_code == 204
    assert (await api.withdraw_standing("ana", "other")).status_code == 204
    assert await api.ids() == [created_id]


@pytest.mark.parametrize("by_key", [False, True])
async def test_concurrent_creates_of_the_key_come_before_or_after_the_withdrawal(
    by_key: bool, api: Api, world: World
) -> None:
    first = (await api.created(collapse_key=_KEY))["id"]
    withdrawal = api.withdraw_standing("ana", _KEY) if by_key else api.withdraw(first)
    answers = await asyncio.gather(
        *(api.create(collapse_key=_KEY) for _ in range(3)),
        withdrawal,
        *(api.create(collapse_key=_KEY) for _ in range(3)),
    )
    assert {answer.status_code for answer in answers} == {201, 204}
    listed = (await api.listed()).json()
    statuses = [
        document.get("removed") or ("superseded" if document["superseded_by"] else "standing")
        async for document in world.inbox.find({"user_id": "ana"})
    ]
    assert statuses.count("withdrawn") == 1
    assert statuses.count("standing") == len(listed["items"]) == listed["unread_count"] <= 1
    if not by_key:
        assert len(listed["items"]) == 1
