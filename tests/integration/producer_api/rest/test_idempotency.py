"""A request with a key is carried out once, and its repeats get the same answer."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.integration.producer_api.api import Api, notification
from tests.integration.producer_api.keyed import assert_done_once, is_replayed
from tests.integration.producer_api.outside import drained, idempotency, logged
from tests.services.tokens import service_token
from tests.services.world import World


async def test_twenty_concurrent_requests_with_one_key_create_once(api: Api, world: World) -> None:
    answers = await asyncio.gather(*(api.create(key="k") for _ in range(20)))
    await assert_done_once(world, [*answers, await api.create(key="k")])


async def test_a_repeat_gets_the_first_answer_after_the_notification_changed(
    api: Api, world: World
) -> None:
    fields: dict[str, Any] = {
        "data": {"z": 1.0, "a": [2**53 - 1, "é"]},
        "expires_at": "2099-01-01T01:00:00.123456+01:00",
        "collapse_key": "order-1",
    }
    first = await api.create(key='"k 1"', **fields)
    assert first.status_code == 201
    assert not is_replayed(first)
    await api.mark("ana", first.json()["id"], read=True)
    await api.mark("ana", first.json()["id"], archived=True)
    await drained(world)
    again = await api.create(key="k 1", **dict(reversed(fields.items())))
    assert (again.status_code, is_replayed(again)) == (201, True)
    assert again.content == first.content
    assert again.headers["location"] == first.headers["location"]


async def test_a_key_belongs_to_one_body_one_route_and_one_service(api: Api, world: World) -> None:
    first = await api.create(key="k")
    for answer in (
        await api.create(key="k", title="other"),
        await api.create_batch(notification(), key="k"),
    ):
        assert answer.status_code == 422
        assert answer.json()["type"] == "urn:notifications:problem:idempotency-key-reused"
    other_service = await api.create(key="k", service="invoices")
    assert (other_service.status_code, is_replayed(other_service)) == (201, False)
    assert other_service.json()["id"] != first.json()["id"]
    assert await world.inbox.count_documents({}) == 2


@pytest.mark.parametrize("key", ["", '"', "x" * 256, b"\xc3\xa9"])
async def test_a_malformed_key_is_refused(key: Any, api: Api, world: World) -> None:
    for answer in (await api.create(key=key), await api.create_batch({}, key=key)):
        assert answer.status_code == 400
        assert answer.json()["type"] == "urn:notifications:problem:malformed-idempotency-key"
    assert await world.inbox.count_documents({}) == 0


async def test_two_keys_are_refused(api: Api) -> None:
    headers = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    path = "/v1/notifications"
    answer = await api.client.post(path, headers=headers)
    assert answer.status_code == 401, "authentication must come before the keys"
    headers.append(("Authorization", f"Bearer {service_token()}"))
    answer = await api.client.post(path, headers=headers, json=notification())
    assert answer.status_code == 400


async def test_a_refused_request_leaves_its_key_free(api: Api, world: World) -> None:
    assert (await api.create(key="k", title="")).status_code == 422
    assert (await api.create_batch({}, key="b")).status_code == 200
    assert await idempotency(world).count_documents({}) == 0
    assert (await api.create(key="k")).status_code == 201
    assert (await api.create_batch(notification(), key="b")).status_code == 200


async def test_a_repeated_batch_is_replayed_as_a_whole(api: Api, world: World) -> None:
    items = [notification(title=title) for title in ("a", "", "c")]
    first = await api.create_batch(*items, key="k")
    await drained(world)
    again = await api.create_batch(*items, key="k")
    assert (again.status_code, again.content, is_replayed(again)) == (200, first.content, True)
    reused = await api.create_batch(*items[:2], key="k")
    assert reused.status_code == 422

    ids = [result["notification"]["id"] for result in (first.json()["results"][n] for n in (0, 2))]
    assert await logged(world) == ids
    await world.inbox.delete_one({"_id": ids[1]})
    results = (await api.create_batch(*items, key="k")).json()["results"]
    assert [result["status"] for result in results] == [201, 422, 410]
    assert results[:2] == first.json()["results"][:2]
    assert results[2]["problem"]["type"] == "urn:notifications:problem:gone"


async def test_a_repeat_after_the_deletion_is_answered_410(api: Api, world: World) -> None:
    first = await api.create(key="k")
    await drained(world)
    await world.inbox.delete_one({"_id": first.json()["id"]})
    again = await api.create(key="k")
    assert again.status_code == 410
    assert again.json()["type"] == "urn:notifications:problem:gone"
    assert await world.inbox.count_documents({}) == 0


async def test_repeats_do_not_affect_other_creates_in_the_same_batch(
    api: Api, world: World
) -> None:
    """The program takes repeats out of its internal batch, and creates the rest."""
    before = await asyncio.gather(*(api.create(key=str(n), title=str(n)) for n in range(10)))
    await drained(world)
    answers = await asyncio.gather(
        *(api.create(key=str(n), title=str(n)) for n in range(20)),
        *(api.create(title=f"plain-{n}") for n in range(20)),
    )
    assert {answer.status_code for answer in answers} == {201}
    assert [is_replayed(answer) for answer in answers] == [True] * 10 + [False] * 30
    assert [answer.content for answer in answers[:10]] == [answer.content for answer in before]
    assert await world.inbox.count_documents({}) == 40


async def test_keyed_requests_are_deleted_after_a_day(api: Api, world: World) -> None:
    await api.create(key="k")
    indexes = await idempotency(world).index_information()
    assert indexes["age"]["key"] == [("created_at", 1)]
    assert indexes["age"]["expireAfterSeconds"] == 24 * 60 * 60
    [record] = await idempotency(world).find({}).to_list(2)
    assert record["users"] == ["ana"]
    assert abs((datetime.now(UTC) - record["created_at"]).total_seconds()) < 60
