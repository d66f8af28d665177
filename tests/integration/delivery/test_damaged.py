"""Damaged documents in MongoDB are logged and skipped, and stop nobody else's work."""

import itertools
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import bson
import pytest_asyncio
from bson import ObjectId
from bson.raw_bson import RawBSONDocument

from producer_api.contract.notification import Document
from tests.integration.delivery.judged import Judged
from tests.integration.producer_api.api import Api
from tests.integration.producer_api.outside import (
    A_MARK,
    idempotency,
    leave_open,
    logged,
    outbox,
)
from tests.services.program import Program, running
from tests.services.shopper import connected
from tests.services.tokens import service_token
from tests.services.waiting import eventually
from tests.services.world import World

#: Ids that are not UUIDs, at the beginning and at the end of each list.
_STRANGE_IDS = (f"{place} {number:05} no UUID" for number in itertools.count() for place in "0z")
_DAMAGES: list[dict[str, Any]] = [
    {"title": 5},
    {"data": "{broken"},
    {"data": "[]"},
    {"body": "x" * 600_000},
    {"created_at": "yesterday"},
    {"action_url": ObjectId()},
    {"traceparent": 1},
    {"severity": 1},
    {"image_url": 1},
    {"actions": [{"label": "x", "url": None}]},
]
_FIELDS_TO_LOSE = ("title", "data", "seen_at", "archived_at")


@pytest_asyncio.fixture
async def api(producer_api: Program) -> AsyncIterator[Api]:
    """A client of the running producer API."""
    async with running(producer_api), Api(producer_api.url) as opened:
        yield opened


def _damaged(world: World, user: str, **fields: Any) -> list[Any]:
    """Return one notification for each kind of damage."""
    damages = [
        *_DAMAGES,
        {"_id": ObjectId()},
        {"_id": next(_STRANGE_IDS)},
        {"_id": next(_STRANGE_IDS)},
    ]
    documents: list[Any] = [{**world.document(user, **fields), **damage} for damage in damages]
    for name in _FIELDS_TO_LOSE:
        document: Any = world.document(user, **fields)
        del document[name]
        documents.append(document)
    return documents


def _not_utf8(document: Document) -> RawBSONDocument:
    """Return the notification with a body that is not UTF-8."""
    raw = bson.encode({**document, "body": "PLACEHOLDER"})
    return RawBSONDocument(raw.replace(b"PLACEHOLDER", b"\xff\xfeXXXXXXXXX"))


async def test_damaged_intents_and_notifications_do_not_stop_the_relay(
    api: Api, producer_api: Program, world: World
) -> None:
    before = (await api.created("eve"))["id"]
    good = world.document("ana")
    damaged = _damaged(world, "ana")
    text_ids = [item["_id"] for item in damaged if isinstance(item["_id"], str)]
    await world.inbox.insert_many([*damaged, _not_utf8(good)])
    huge = {**A_MARK, "value": b"x" * 600_000}
    damages: list[dict[str, Any]] = [
        {"ids": None},
        {"ids": [1, {"$gt": ""}]},
        {"ids": {"a": 1}},
        {"records": [{"key": "ana"}]},
        {"records": [{**A_MARK, "headers": [["ce_id"]]}]},
        {"records": [{**A_MARK, "headers": [["ce_id", None]]}]},
        {"records": [huge]},
        {"records": [{**A_MARK, "key": b"\xff"}]},
        {"records": [{**A_MARK, "headers": [["traceparent", b"\xff"]]}]},
        {"notices": [{"id": 1}]},
        {"ids": ["x"], "opened_at": "yesterday"},
    ]
    for number, damage in enumerate(damages):
        intent = {"state": "queued", "ids": [], "records": [], "opened_at": datetime.now(UTC)}
        await outbox(world).insert_one({"_id": f"bad {number}", **intent, **damage})
    await leave_open(world, "good", state="queued", ids=[*text_ids, good["_id"]])
    await outbox(world).insert_one({"_id": {"no": "text"}, "state": "queued"})

    async def all_others_published() -> bool:
        return not await outbox(world).count_documents({"state": {"$in": ["open", "queued"]}})

    await eventually(all_others_published)
    after = (await api.created("eve"))["id"]

    async def all_good_are_on_the_log() -> bool:
        # The last create may be queued behind an intent that was still being set aside.
        return {before, good["_id"], after} <= set(await logged(world))

    await eventually(all_good_are_on_the_log)

    async def all_counted() -> bool:
        # Twelve intents are damaged. One of them can be read, because only its time is damaged.
        return await api.metric("producer_unreadable_intents") == 11

    await eventually(all_counted)
    assert await api.metric("producer_unreadable_notifications_total") == len(text_ids)
    assert (await api.client.get("/readyz")).is_success
    assert {"intent unreadable", "notification unreadable"} <= {
        line["event"] for line in producer_api.events
    }


async def test_damaged_notifications_hide_no_others_in_lists_and_stop_no_marks(
    api: Api, producer_api: Program, world: World
) -> None:
    shown = [world.document("ana") for _ in range(3)]
    damaged = [one for _ in range(40) for one in _damaged(world, "ana")]
    later = world.document("ana")
    await world.inbox.insert_many([_not_utf8(shown[0]), *shown[1:], *damaged, later])
    ids = [document["_id"] for document in (later, *reversed(shown))]
    assert await _all_ids(api, status="all") == ids
    assert await _all_ids(api, status="unread") == ids
    of_ana = {"params": {"user_id": "ana"}}
    sent = await api.call("GET", "/v1/notifications", service_token(), **of_ana)
    assert [item["id"] for item in sent.json()["items"]] == ids

    unreadable = damaged[0]["_id"]
    for answer in (await api.trace(unreadable), await api.mark("ana", unreadable, read=True)):
        problem = answer.json()
        assert (answer.status_code, problem["type"]) == (500, "urn:notifications:problem:internal")
        assert problem["detail"] == (
            "the stored notification cannot be read: title is missing or has a wrong type"
        )
    assert (await api.mark("ana", ids[0], archived=True)).is_success
    assert (await api.mark_all_seen("ana")).is_success
    assert (await api.mark_all_read("ana")).json()["unread_count"] == await _strange(world)
    await world.mongo[world.settings.mongo_database]["inbox_turns"].update_one(
        {"_id": "ana"}, {"$set": {"at": "never", "unread": "many", "unseen": None}}
    )
    keyed = await api.created("ana", collapse_key="order-1")
    newest = await api.created("ana", collapse_key="order-1")
    assert await api.ids("ana", status="unread") == [newest["id"]]
    assert (await api.trace(keyed["id"])).json()["status"] == "superseded"
    assert (await api.erase("ana")).status_code == 204
    assert await world.inbox.count_documents({"user_id": "ana"}) == 0
    assert not [line for line in producer_api.lines if "Traceback" in line]


async def _all_ids(api: Api, **query: Any) -> list[str]:
    """Return the ids on all pages of ana's list."""
    ids: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await api.listed("ana", limit=3, **query, **cursor)).json()
        ids += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            return ids
        cursor = {"cursor": page["next_cursor"]}


async def _strange(world: World) -> int:
    """Return how many of ana's notifications have an id that no request can name."""
    return int(await world.inbox.count_documents({"user_id": "ana", "_id": {"$type": "objectId"}}))


async def test_damaged_stored_requests_are_answered(
    api: Api, producer_api: Program, world: World
) -> None:
    created = await api.created("ana")
    for key, damage in (
        ("a", {"items": None}),
        ("b", {"items": [5]}),
        ("c", {"items": [{"invalid": [1]}]}),
        ("d", {"fingerprint": 5}),
        ("e", {"intent": None}),
    ):
        assert (await api.create("ana", key=key)).status_code == 201
        stored = await idempotency(world).find_one(sort=[("created_at", -1)])
        await idempotency(world).update_one({"_id": stored["_id"]}, {"$set": damage})
        repeated = await api.create("ana", key=key)
        assert (repeated.status_code, repeated.json()["detail"]) == (
            500,
            "the stored request of this key cannot be read",
        )
    kept = (await api.create("ana", key="f")).json()["id"]
    await world.inbox.update_one({"_id": kept}, {"$set": {"title": None}})
    assert (await api.create("ana", key="f")).status_code == 410
    assert (await api.trace(created["id"])).is_success
    assert not [line for line in producer_api.lines if "Traceback" in line]


async def test_damaged_notifications_hide_no_others_from_a_connected_user(
    world: World, delivery: Program, judged: Judged
) -> None:
    ana, eve = judged.shopper("ana"), judged.shopper("eve")
    expired = datetime.now(UTC) - timedelta(minutes=5)
    damaged = [one for _ in range(40) for one in _damaged(world, "ana")]
    damaged += _damaged(world, "eve", expires_at=expired)
    damaged += [{**world.document("ana"), "user_id": user} for user in (None, 5, {"a": 1})]
    await world.inbox.insert_many(damaged)
    async with running(delivery):
        owed = await world.create("ana", 60)
        async with connected(ana, eve):
            await world.all_delivered(owed)
            new = await world.create("ana") + await world.create("eve")
            await world.all_delivered(new)
            await world.all_committed()
        assert ana.received == [*owed, new[0]]
        assert await delivery.metric("delivery_unreadable_notifications_total") >= 400
    assert "notification unreadable" in {line["event"] for line in delivery.events}
    assert not [line for line in delivery.lines if "Traceback" in line]
    await world.inbox.delete_many({"_id": {"$in": [document["_id"] for document in damaged]}})
