"""Lists and counts by category: their parameters, and notifications of earlier versions."""

from datetime import UTC, datetime

import pytest

from producer_api.inbox.indexes import CATEGORY_INDEX
from tests.integration.producer_api.api import Api
from tests.integration.producer_api.outside import folded_count
from tests.services.waiting import eventually
from tests.services.world import World

_EIGHT = ",".join(f"c{number}" for number in range(8))


async def test_a_list_of_one_category_has_pages_and_statuses(api: Api) -> None:
    offers = [(await api.created(type=kind))["id"] for kind in ("offer.new", "offer", "offer.a.b")]
    for other in ("offering.new", "order.offer", "offe"):
        await api.created(type=other)
    newest_first = offers[::-1]
    assert await api.ids(category="offer") == newest_first
    await api.mark("ana", offers[1], read=True)
    await api.mark("ana", offers[2], archived=True)
    assert await api.ids(category="offer", status="unread") == offers[:1]
    assert await api.ids(category="offer", status="archived") == offers[2:]
    first = (await api.listed(category="offer", limit=1)).json()
    assert [item["id"] for item in first["items"]] == [offers[1]]
    assert first["unread_count"] == 4, "the counts are those of the whole inbox"
    assert await api.ids(category="offer", cursor=first["next_cursor"]) == offers[:1]
    assert await api.ids(category="news") == []


async def test_counts_by_category_are_those_asked_for(api: Api) -> None:
    offer = (await api.created(type="offer.new"))["id"]
    await api.created(type="order.shipped")
    await api.created("eve", type="offer.new")
    await api.mark("ana", offer, seen=True)
    listed = (await api.listed(counts="offer,news,offer")).json()
    assert listed["by_category"] == {
        "offer": {"unread_count": 1, "unseen_count": 0},
        "news": {"unread_count": 0, "unseen_count": 0},
    }
    assert (listed["unread_count"], listed["unseen_count"]) == (2, 1)
    assert "by_category" not in (await api.listed()).json()
    assert (await api.listed(counts=f"{_EIGHT},offer,order")).status_code == 200


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"category": ""}, "category"),
        ({"category": "order.shipped"}, "category"),
        ({"category": "x" * 129}, "category"),
        ({"category": "Offer"}, "category"),
        ({"counts": ""}, "counts"),
        ({"counts": "offer,,news"}, "counts"),
        ({"counts": "offer, news"}, "counts"),
        ({"counts": f"{_EIGHT},a,b,c"}, "counts"),
    ],
)
async def test_the_error_for_a_bad_category_names_the_parameter(
    api: Api, query: dict[str, str], field: str
) -> None:
    answer = await api.listed(**query)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_notifications_of_earlier_versions_are_listed_and_counted(
    api: Api, world: World
) -> None:
    """Such notifications have no `category`, and their counters are not by category."""
    ids = [(await api.created(type="offer.new"))["id"] for _ in range(2)]
    for _ in range(310):
        document = world.document("ana", type="order.shipped")
        await world.inbox.insert_one(document)
    await world.inbox.update_many({"type": "offer.new"}, {"$unset": {"category": ""}})
    assert await api.ids(category="offer") == ids[::-1]

    async def all_folded() -> bool:
        await api.listed()
        return await folded_count(world) == 312

    await eventually(all_folded)
    turns = world.mongo[world.settings.mongo_database]["inbox_turns"]
    await turns.update_one({"_id": "ana"}, {"$unset": {"categories": ""}})
    expected = {
        "offer": {"unread_count": 2, "unseen_count": 2},
        "order": {"unread_count": 310, "unseen_count": 310},
    }
    assert (await api.listed(counts="offer,order")).json()["by_category"] == expected

    async def counted_again() -> bool:
        # The queue ignores a user whom the folding worker has not finished yet. Each read offers
        # the user again.
        await api.listed(counts="offer")
        return "categories" in (await turns.find_one({"_id": "ana"}) or {})

    await eventually(counted_again)
    assert (await api.listed(counts="offer,order")).json()["by_category"] == expected

    # An earlier version marks an offer as read, and changes only the totals. Then this version
    # marks an order as unread. The old counts by category now add up to the totals again, but they
    # are outdated: they count the offer as unread.
    (order,) = await api.ids(category="order", limit=1)
    await api.mark("ana", order, read=True)
    await api.mark("ana", ids[0], seen=True)
    await world.inbox.update_one({"_id": ids[0]}, {"$set": {"read_at": datetime.now(UTC)}})
    await turns.update_one({"_id": "ana"}, {"$inc": {"unread": -1}})
    await api.mark("ana", order, read=False)
    assert (await api.listed(counts="offer,order")).json()["by_category"] == {
        "offer": {"unread_count": 1, "unseen_count": 1},
        "order": {"unread_count": 310, "unseen_count": 309},
    }


async def test_an_index_serves_the_list_of_a_category(api: Api, world: World) -> None:
    await api.created(type="offer.new")
    query = {"user_id": "ana", "category": {"$in": ["offer", None]}}
    cursor = world.inbox.find({**query, "superseded_by": None, "removed": None})
    plan = await cursor.hint(CATEGORY_INDEX).sort("_id", -1).limit(20).explain()
    assert "SORT_MERGE" in str(plan["queryPlanner"]["winningPlan"])
    assert "'SORT'" not in str(plan["queryPlanner"]["winningPlan"])
