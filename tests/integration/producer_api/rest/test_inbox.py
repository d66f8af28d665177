"""The lists and marks of a shopper."""

import itertools
from datetime import UTC, datetime
from typing import Any

from producer_api.contract.notification import OWED, OWED_INDEX
from producer_api.inbox.indexes import UNREAD_INDEX
from tests.integration.producer_api.api import Api
from tests.services.tokens import service_token, shopper_token
from tests.services.world import World


async def _counts(api: Api, user: str = "ana") -> tuple[int, int]:
    answer = (await api.listed(user, limit=1)).json()
    return answer["unread_count"], answer["unseen_count"]


async def test_pages_are_newest_first_without_gap_or_repeat(api: Api) -> None:
    created = [(await api.created())["id"] for _ in range(7)]
    await api.created("eve")
    pages: list[list[str]] = []
    cursor: dict[str, Any] = {}
    while True:
        answer = (await api.listed(limit=3, **cursor)).json()
        pages.append([item["id"] for item in answer["items"]])
        assert (answer["unread_count"], answer["unseen_count"]) == (7, 7)
        if answer["next_cursor"] is None:
            break
        cursor = {"cursor": answer["next_cursor"]}
        await api.created()  # a notification created now is not on later pages
        await api.mark("ana", (await api.ids(limit=1))[0], archived=True)
    assert [len(page) for page in pages] == [3, 3, 1]
    assert list(itertools.chain(*pages)) == created[::-1]


async def test_a_full_last_page_has_no_cursor(api: Api) -> None:
    for _ in range(3):
        await api.created()
    assert (await api.listed(limit=3)).json()["next_cursor"] is None


async def test_a_user_without_notifications_has_an_empty_list(api: Api) -> None:
    empty: dict[str, Any] = {"items": [], "next_cursor": None, "unread_count": 0, "unseen_count": 0}
    assert (await api.listed("nobody")).json() == empty


async def test_each_status_has_its_own_list(api: Api, world: World) -> None:
    ids = [(await api.created())["id"] for _ in range(8)]
    fresh, seen, read, archived, gone, muted, withdrawn, put_away = ids
    await api.mark("ana", seen, seen=True)
    await api.mark("ana", read, read=True)
    await api.mark("ana", archived, archived=True)
    await world.inbox.update_one({"_id": gone}, {"$set": {"superseded_by": fresh}})
    for removed, removal in ((muted, "muted"), (withdrawn, "withdrawn"), (put_away, "withdrawn")):
        await world.inbox.update_one({"_id": removed}, {"$set": {"removed": removal}})
    await world.inbox.update_one({"_id": put_away}, {"$set": {"archived_at": datetime.now(UTC)}})
    assert await api.ids() == [read, seen, fresh]
    assert await api.ids(status="all") == [read, seen, fresh]
    assert await api.ids(status="unread") == [seen, fresh]
    assert await api.ids(status="unseen") == [fresh]
    assert await api.ids(status="archived") == [archived]
    assert await _counts(api) == (2, 1)


async def test_a_service_may_read_any_list(api: Api) -> None:
    created = await api.created("ana")
    answer = await api.call("GET", "/v1/users/ana/notifications", service_token())
    assert answer.json()["items"] == [created]


async def test_reading_marks_seen_and_keeps_the_first_time(api: Api) -> None:
    created_id = (await api.created())["id"]
    first = (await api.mark("ana", created_id, read=True)).json()
    assert first["read_at"] is not None
    assert first["seen_at"] == first["read_at"]
    assert (await api.mark("ana", created_id, read=True)).json() == first
    assert (await api.mark("ana", created_id, seen=True)).json() == first
    assert await _counts(api) == (0, 0)

    unread = (await api.mark("ana", created_id, read=False)).json()
    assert (unread["read_at"], unread["seen_at"]) == (None, first["seen_at"])
    assert (await api.mark("ana", created_id, read=False)).json() == unread
    assert await _counts(api) == (1, 0)


async def test_a_notification_can_be_archived_and_restored(api: Api) -> None:
    created_id = (await api.created())["id"]
    first = (await api.mark("ana", created_id, archived=True)).json()
    assert first["archived_at"] is not None
    assert first["read_at"] is None
    assert (await api.mark("ana", created_id, archived=True)).json() == first
    assert await _counts(api) == (0, 0)
    assert (await api.mark("ana", created_id, archived=False)).json()["archived_at"] is None
    assert await _counts(api) == (1, 1)


async def test_several_marks_can_be_set_at_once(api: Api) -> None:
    created_id = (await api.created())["id"]
    marked = (await api.mark("ana", created_id, read=True, archived=True)).json()
    assert None not in (marked["read_at"], marked["seen_at"], marked["archived_at"])


async def test_one_request_marks_all_read(api: Api) -> None:
    ids = [(await api.created())["id"] for _ in range(5)]
    other = await api.created("eve")
    first = (await api.mark("ana", ids[0], read=True)).json()
    await api.mark("ana", ids[1], archived=True)
    answer = await api.mark_all_read("ana")
    assert (answer.status_code, answer.json()) == (200, {"unread_count": 0, "unseen_count": 0})
    shown = {item["id"]: item for item in (await api.listed()).json()["items"]}
    assert all(item["read_at"] and item["seen_at"] for item in shown.values())
    assert shown[ids[0]] == first
    assert (await api.listed(status="archived")).json()["items"][0]["read_at"] is None
    assert (await api.listed("eve")).json()["items"] == [other]


async def test_me_stands_for_the_bearer(api: Api) -> None:
    created = await api.created("ana")
    answer = await api.call("GET", "/v1/users/me/notifications", shopper_token("ana"))
    assert answer.json()["items"] == [created]
    path = f"/v1/users/me/notifications/{created['id']}"
    answer = await api.call("PATCH", path, shopper_token("ana"), json={"seen": True})
    assert answer.json()["seen_at"] is not None


async def test_an_index_serves_the_query_for_owed_notifications(api: Api, world: World) -> None:
    await api.created()
    delivered = datetime.now(UTC)
    await world.inbox.insert_many(
        [world.document("ana", delivered_at=delivered, read_at=delivered) for _ in range(200)]
    )
    names = {index["name"] async for index in await world.inbox.list_indexes()}
    assert {"list", OWED_INDEX, UNREAD_INDEX} <= names
    owed = {"user_id": "ana", **OWED}
    plan = await world.inbox.find(owed).sort("_id", 1).limit(50).explain()
    assert f"'indexName': '{OWED_INDEX}'" in str(plan["queryPlanner"]["winningPlan"])
    assert "SORT" not in str(plan["queryPlanner"]["winningPlan"])
