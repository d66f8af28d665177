"""Erasing a user deletes all their data, and publishes this after their earlier records."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import orjson

from delivery.consume.parse_record import parse_record
from delivery.core.record import Erasure
from producer_api.contract.ids import is_id
from tests.integration.producer_api.api import Api
from tests.integration.producer_api.changes import kinds_of, records_of
from tests.integration.producer_api.outside import drained, outbox
from tests.services.tokens import service_token, shopper_token
from tests.services.waiting import eventually
from tests.services.world import World


def _turns(world: World) -> Any:
    return world.mongo[world.settings.mongo_database]["inbox_turns"]


async def test_an_erasure_deletes_all_data_of_the_user_and_is_published(
    api: Api, world: World
) -> None:
    created_ids = [(await api.created())["id"] for _ in range(3)]
    eves = (await api.created("eve"))["id"]
    await api.mark("ana", created_ids[0], read=True, archived=True)
    marked_at = (await records_of(world))[-1][1]["at"]
    answer = await api.erase("ana")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-type" not in answer.headers

    assert await api.ids() == []
    assert await api.ids(status="archived") == []
    assert (await api.listed()).json()["unread_count"] == 0
    assert {(await api.trace(id_)).status_code for id_ in created_ids} == {404}
    assert await world.inbox.count_documents({"user_id": "ana"}) == 0
    assert await _turns(world).count_documents({"_id": "ana"}) == 0
    assert await api.ids("eve") == [eves]

    *_, (kind, value) = await records_of(world)
    assert (await kinds_of(world))[-1:] == ["erased"]
    assert kind == "notification.erased"
    at, up_to = value.pop("at"), value.pop("erased_up_to")
    assert at > marked_at
    assert is_id(up_to)
    assert up_to > created_ids[-1]
    assert value == {
        "unread_count": 0,
        "unseen_count": 0,
        "changed": [],
        "user_id": "ana",
        "erased": True,
    }
    await drained(world)


async def test_notifications_after_the_erasure_are_served_as_usual(api: Api, world: World) -> None:
    await api.created()
    await api.erase("ana")
    created_id = (await api.created())["id"]
    assert (await api.mark("ana", created_id, read=True)).status_code == 200
    _, (_, erased), (_, created), (_, read_) = await records_of(world)
    assert created["id"] > erased["erased_up_to"]
    assert read_["at"] > erased["at"]
    assert await api.ids() == [created_id]


async def test_each_erasure_is_published_even_if_nothing_is_left(api: Api, world: World) -> None:
    for _ in range(2):
        assert (await api.erase("ana")).status_code == 204
    assert await kinds_of(world) == ["erased", "erased"]
    (_, first), (_, second) = await records_of(world)
    assert first["at"] < second["at"]
    assert first["erased_up_to"] < second["erased_up_to"]


async def test_only_a_service_may_erase(api: Api, world: World) -> None:
    created_id = (await api.created())["id"]
    path = "/v1/users/ana/notifications"
    for user in ("ana", "eve"):
        assert (await api.call("DELETE", path, shopper_token(user))).status_code == 403
    assert (await api.client.delete(path)).status_code == 401
    answer = await api.call("DELETE", "/v1/users/%FF/notifications", service_token())
    assert answer.status_code == 422
    assert await api.ids() == [created_id]
    assert await kinds_of(world) == ["created"]


async def test_a_large_inbox_is_erased_in_several_transactions_with_one_event(
    api: Api, world: World
) -> None:
    ahead = world.ids_of_clock(3600).next()
    documents = [world.document("ana") for _ in range(10_010)] + [world.document("ana", _id=ahead)]
    await world.inbox.insert_many(documents)
    await world.inbox.insert_one(world.document("eve"))
    assert (await api.erase("ana")).status_code == 204
    assert await world.inbox.count_documents({}) == 1
    [(kind, value)] = await records_of(world)
    assert (kind, value["erased_up_to"]) == ("notification.erased", ahead)


async def test_an_erasure_waits_for_a_create_that_another_process_publishes(
    api: Api, world: World
) -> None:
    document = world.document("ana")
    await world.inbox.insert_one(document)
    intent = {"_id": world.ids.next(), "state": "open", "ids": [document["_id"]], "records": []}
    await outbox(world).insert_one({**intent, "opened_at": datetime.now(UTC)})
    erasing = asyncio.create_task(api.erase("ana"))

    async def has_opened() -> bool:
        return bool(await outbox(world).count_documents({"state": "open"}) == 2)

    await eventually(has_opened)
    await world.publish(document)
    await outbox(world).delete_one({"_id": intent["_id"]})
    assert (await erasing).status_code == 204
    await drained(world)
    assert await kinds_of(world) == ["created", "erased"]


async def test_delivery_reads_the_record_as_an_erasure(api: Api, world: World) -> None:
    await api.created()
    await api.erase("ana")
    await drained(world)
    _, record = await world.records(world.settings.kafka_topic)
    up_to = orjson.loads(record.value)["erased_up_to"]
    assert parse_record(record, 1) == Erasure("ana", up_to, record.value, record.offset, 1)
