"""`inbox` events have the counts of the categories that the change affects."""

from collections.abc import Collection
from typing import Any

import httpx

from producer_api.inbox.counts.fold_queue import FOLD_ABOVE
from tests.integration.producer_api.api import Api
from tests.integration.producer_api.changes import inbox_events_of
from tests.integration.producer_api.outside import folded_count
from tests.services.tokens import service_token
from tests.services.waiting import eventually
from tests.services.world import World

_ALL = ("order", "offer", "news")


class _Changes:
    """Records the list's counts after each change. The change's event must have the same."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.expected: list[dict[str, Any] | None] = []

    async def note(self, names: Collection[str], answer: httpx.Response) -> None:
        assert answer.is_success, answer.text
        page = (await self._api.listed(counts=",".join(_ALL))).json()
        self.expected.append({name: page["by_category"][name] for name in names})


async def test_events_have_the_counts_of_the_categories_that_they_are_about(
    api: Api, world: World
) -> None:
    folded = [world.document("ana") for _ in range(FOLD_ABOVE)]
    await world.inbox.insert_many(folded)
    stood = await api.created(type="offer.soon", collapse_key="sale")

    async def are_folded() -> bool:
        await api.listed()
        return await folded_count(world) == FOLD_ABOVE + 1

    await eventually(are_folded)
    news, *more = [await api.created(type=kind) for kind in ("news.a", "order.b", "offer.c")]
    changes, old = _Changes(api), [document["_id"] for document in folded]
    await changes.note(["order"], await api.mark("ana", old[0], read=True))
    await changes.note(["order"], await api.mark("ana", old[0], read=False))
    await changes.note(["news"], await api.mark("ana", news["id"], archived=True))
    ids = [news["id"], more[1]["id"], "unknown"]
    await changes.note(["news", "offer"], await api.choose("seen", "ana", service_token(), ids=ids))
    # The newer notification of a key may be of another category.
    newer = await api.create(type="order.sale", collapse_key="sale")
    await changes.note(["offer", "order"], newer)
    by_key = await api.choose("read", "ana", service_token(), collapse_key="sale")
    await changes.note(["order"], by_key)
    await changes.note(["order"], await api.withdraw(old[1]))
    await changes.note(["order"], await api.withdraw_standing("ana", "sale"))
    await changes.note(["order"], await api.mark_all_seen("ana", up_to=old[5]))
    await changes.note(["offer", "order"], await api.mark_all_read("ana"))

    events = [event for _, event in await inbox_events_of(world)]
    assert [event["by_category"] for event in events] == changes.expected
    assert events[4]["changed"][0]["id"] == stood["id"]


async def test_events_leave_out_counts_that_are_many_or_not_known(api: Api, world: World) -> None:
    ids = [(await api.created(type=f"c{number}.new"))["id"] for number in range(11)]
    assert (await api.choose("seen", "ana", service_token(), ids=ids[:10])).is_success
    assert (await api.mark_all_read("ana")).is_success
    # A process of an earlier version has changed only the totals.
    turns = world.mongo[world.settings.mongo_database]["inbox_turns"]
    await turns.update_one({"_id": "ana"}, {"$set": {"unread": 1, "unseen": 1}})
    assert (await api.mark("ana", ids[0], read=False)).is_success
    many, all_read, unknown = [event for _, event in await inbox_events_of(world)]
    assert many["by_category"].keys() == {f"c{number}" for number in range(10)}
    assert "by_category" not in all_read
    assert "by_category" not in unknown
    assert unknown["unread_count"] == 2
