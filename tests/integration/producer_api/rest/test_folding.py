"""Large inboxes are folded after a read or a superseding create."""

from producer_api.inbox.counts.fold_queue import FOLD_ABOVE
from tests.integration.producer_api.api import Api
from tests.integration.producer_api.outside import folded_count
from tests.services.waiting import eventually
from tests.services.world import World


async def test_reading_a_large_inbox_folds_it_and_keeps_its_counts(api: Api, world: World) -> None:
    await world.inbox.insert_many([world.document("ana") for _ in range(1_100)])
    expiring = [world.document("ana", expires_at=world.in_an_hour()) for _ in range(3)]
    await world.inbox.insert_many(expiring)

    async def counts() -> tuple[int, int]:
        answer = (await api.listed(limit=1)).json()
        return answer["unread_count"], answer["unseen_count"]

    async def all_folded() -> bool:
        assert await counts() == (1_103, 1_103)
        return await folded_count(world) == 1_100

    await eventually(all_folded)
    oldest = (await world.inbox.find_one({}, sort=[("_id", 1)]))["_id"]
    for mark, expected in (
        ({"seen": True}, (1_103, 1_102)),
        ({"read": True}, (1_102, 1_102)),
        ({"read": False}, (1_103, 1_102)),
        ({"archived": True}, (1_102, 1_102)),
        ({"archived": False}, (1_103, 1_102)),
    ):
        assert (await api.mark("ana", oldest, **mark)).status_code == 200
        assert await counts() == expected
    newest = await api.ids(status="unread", limit=2)
    assert newest == [expiring[2]["_id"], expiring[1]["_id"]]
    assert (await api.mark_all_read("ana")).json() == {"unread_count": 0, "unseen_count": 0}
    assert await counts() == (0, 0)
    assert await api.ids(status="unread") == []


async def test_superseding_creates_fold_a_large_inbox(api: Api, world: World) -> None:
    """Nobody reads the offline user's list, but each superseding create needs the counts."""
    await world.inbox.insert_many([world.document("ana") for _ in range(1_100)])
    await api.created("ana", collapse_key="order-1")
    await api.created("ana", collapse_key="order-1")

    async def all_folded() -> bool:
        return await folded_count(world) == 1_101

    await eventually(all_folded)
    await api.created("ana", collapse_key="order-1")
    assert (await api.listed(limit=1)).json()["unread_count"] == 1_101


async def test_an_inbox_with_few_foldable_notifications_is_not_folded(
    api: Api, world: World
) -> None:
    await world.inbox.insert_many([world.document("eve") for _ in range(1_100)])
    await world.inbox.insert_many([world.document("ana") for _ in range(FOLD_ABOVE)])
    expiring = [world.document("ana", expires_at=world.in_an_hour()) for _ in range(300)]
    await world.inbox.insert_many(expiring)
    assert (await api.listed("ana")).json()["unread_count"] == FOLD_ABOVE + 300
    await api.listed("eve")

    async def eve_is_folded() -> bool:
        folded = {"user_id": "eve", "folded": True}
        return bool(await world.inbox.count_documents(folded) == 1_100)

    await eventually(eve_is_folded)
    assert await folded_count(world) == 1_100, "ana's inbox was read first, and must not be folded"


async def test_an_answered_create_is_counted_and_listed_at_once(api: Api) -> None:
    for count in range(1, 101):
        created = await api.created()
        answer = (await api.listed(limit=1)).json()
        assert (answer["unread_count"], answer["items"]) == (count, [created])
