"""The newest notification of a collapse key supersedes the others, and its record has a notice."""

import asyncio

from tests.integration.producer_api.api import Api
from tests.integration.producer_api.changes import inbox_events_of
from tests.integration.producer_api.outside import A_MARK, drained, leave_open, logged
from tests.services.world import World


async def _status(api: Api, *ids: str) -> list[str]:
    return [(await api.trace(id_)).json()["status"] for id_ in ids]


async def test_a_newer_notification_supersedes_only_those_of_its_user_and_key(
    api: Api, world: World
) -> None:
    shipped = (await api.created(collapse_key="order-1"))["id"]
    other = (await api.created(collapse_key="order-2"))["id"]
    plain = (await api.created())["id"]
    strangers = (await api.created("eve", collapse_key="order-1"))["id"]
    await api.mark("ana", shipped, seen=True)
    delivered = (await api.created(collapse_key="order-1"))["id"]
    assert await api.ids() == [delivered, plain, other]
    assert await _status(api, shipped, delivered, other, plain, strangers) == [
        "superseded",
        *["pending"] * 4,
    ]
    assert await api.ids("eve") == [strangers]
    seen, (carrier, event) = await inbox_events_of(world)
    (change,) = event["changed"]
    assert carrier == delivered
    assert (change["id"], change["superseded_by"]) == (shipped, delivered)
    assert change["seen_at"] == seen[1]["at"]
    assert (event["unread_count"], event["unseen_count"], event["user_id"]) == (3, 3, "ana")
    assert await inbox_events_of(world, "eve") == []


async def test_a_superseded_notification_keeps_its_delivery_and_is_not_listed(
    api: Api, world: World
) -> None:
    first = await api.created(collapse_key="order-1")
    await world.inbox.update_one(
        {"_id": first["id"]}, {"$set": {"delivered_at": world.in_an_hour()}}
    )
    await api.mark("ana", first["id"], archived=True)
    second = await api.created(collapse_key="order-1")
    assert await _status(api, first["id"], second["id"]) == ["delivered", "pending"]
    assert await api.ids(status="all") == [second["id"]]
    assert await api.ids(status="archived") == []


async def test_a_superseding_create_waits_for_the_mark_of_a_dead_process(
    api: Api, world: World
) -> None:
    first = (await api.created(collapse_key="order-1"))["id"]
    await leave_open(world, "a mark's", records=[A_MARK])
    second = (await api.created(collapse_key="order-1"))["id"]
    third = (await api.created())["id"]
    await drained(world)
    assert [carrier for carrier, _ in await inbox_events_of(world)] == ["a mark", second]
    assert await logged(world) == [first, "a mark", second, third]


async def test_a_superseding_create_does_not_publish_a_mark_before_its_notification(
    api: Api, world: World
) -> None:
    first = (await api.created(collapse_key="order-1"))["id"]
    marked = world.document("ana")
    await world.inbox.insert_one(marked)
    await leave_open(world, "a create's", ids=[marked["_id"]])
    await asyncio.sleep(0.002)  # MongoDB's times have a resolution of one millisecond
    await leave_open(world, "its mark's", records=[A_MARK])
    second = (await api.created(collapse_key="order-1"))["id"]
    await drained(world)
    assert await logged(world) == [first, marked["_id"], "a mark", second]
