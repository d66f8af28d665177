"""A notification of a muted category is accepted, but not listed, counted or pushed."""

import asyncio
from itertools import cycle
from typing import Any

from tests.integration.producer_api.api import Api, notification
from tests.integration.producer_api.outside import drained
from tests.services.published import problems_of
from tests.services.world import World


def _offer(user: str = "ana", **fields: Any) -> dict[str, Any]:
    return notification(user, type="offer.new", **fields)


async def _counts(api: Api, user: str = "ana") -> tuple[int, int]:
    listed = (await api.listed(user)).json()
    return listed["unread_count"], listed["unseen_count"]


async def test_a_muted_notification_is_accepted_and_has_no_place_in_the_inbox(
    api: Api, world: World
) -> None:
    await api.prefer("ana", muted=["offer"])
    before = [
        await api.metric(f'producer_creates_total{{outcome="{outcome}"}}')
        for outcome in ("created", "muted")
    ]
    muted = await api.create("ana", type="offer.new", key="k")
    assert (muted.status_code, muted.json()["status"]) == (201, "muted")
    shown = await api.created("ana", type="offering.new")
    others = await api.created("eve", type="offer.new")
    assert "status" not in shown
    assert "status" not in others
    assert await api.ids("ana") == [shown["id"]]
    assert await api.ids("eve") == [others["id"]]
    for status in ("unread", "unseen"):
        assert await api.ids("ana", status=status) == [shown["id"]]
    assert await _counts(api) == (1, 1)
    muted_id = muted.json()["id"]
    assert muted.headers["location"] == f"/v1/notifications/{muted_id}"
    assert (await api.trace(muted_id)).json()["status"] == "muted"
    replayed = await api.create("ana", type="offer.new", key="k")
    assert replayed.headers["idempotency-replayed"] == "true"
    assert replayed.json() == muted.json()
    await drained(world)
    records = await world.records(world.settings.kafka_topic)
    headers = {dict(record.headers)["ce_id"].decode(): dict(record.headers) for record in records}
    assert {id_: header.get("removed") for id_, header in headers.items()} == {
        muted_id: b"muted",
        shown["id"]: None,
        others["id"]: None,
    }
    assert problems_of(records) == []
    after = [
        await api.metric(f'producer_creates_total{{outcome="{outcome}"}}')
        for outcome in ("created", "muted")
    ]
    assert [now - then for then, now in zip(before, after, strict=True)] == [2, 1]


async def test_unmuting_brings_no_notification_back(api: Api) -> None:
    await api.prefer("ana", muted=["offer"])
    muted = await api.created("ana", type="offer.new")
    await api.prefer("ana", muted=[])
    fresh = await api.created("ana", type="offer.new")
    assert await api.ids("ana") == [fresh["id"]]
    assert (await api.trace(muted["id"])).json()["status"] == "muted"
    listed = await api.listed("ana", status="archived")
    assert listed.json()["items"] == []


async def test_muted_ones_supersede_nothing_and_nothing_supersedes_them(api: Api) -> None:
    shown = await api.created("ana", type="offer.new", collapse_key="k")
    await api.prefer("ana", muted=["offer"])
    batch = await api.create_batch(_offer(collapse_key="k"), _offer(collapse_key="k"))
    muted = [result["notification"] for result in batch.json()["results"]]
    assert await api.ids("ana") == [shown["id"]]
    await api.prefer("ana", muted=[])
    newer = await api.created("ana", type="offer.new", collapse_key="k")
    assert await api.ids("ana") == [newer["id"]]
    assert [(await api.trace(one["id"])).json()["status"] for one in (shown, *muted)] == [
        "superseded",
        "muted",
        "muted",
    ]


async def test_a_batch_says_which_of_its_items_are_muted(api: Api) -> None:
    await api.prefer("ana", muted=["offer", "news"])
    await api.prefer("eve", muted=["news"])
    items = [
        _offer("ana"),
        _offer("eve"),
        notification("ana", type="news"),
        notification("eve", type="news.daily"),
        notification("ana"),
        {"user_id": "ana"},
    ]
    answers = [(await api.create_batch(*items, key="b")) for _ in range(2)]
    results = answers[0].json()["results"]
    assert [
        result["notification"].get("status") if "notification" in result else result["status"]
        for result in results
    ] == ["muted", None, "muted", "muted", None, 422]
    assert answers[1].headers["idempotency-replayed"] == "true"
    assert answers[1].json() == answers[0].json()


async def test_a_preference_set_during_a_create_applies_to_the_whole_batch_or_not_at_all(
    api: Api,
) -> None:
    async def toggle() -> None:
        for muted in cycle((["offer"], [])):
            await api.prefer("ana", muted=muted)
            await api.prefer("eve", muted=muted)

    toggling = asyncio.create_task(toggle())
    try:
        batch = [_offer("ana", title=f"{number}") for number in range(1_000)]
        answers = [await api.create_batch(*batch) for _ in range(4)]
    finally:
        toggling.cancel()
        await asyncio.wait([toggling])
    for answer in answers:
        results = answer.json()["results"]
        statuses = {result["notification"].get("status") for result in results}
        assert len(statuses) == 1, "one preference must apply to the whole batch"
    muted = sum(
        "status" in result["notification"]
        for answer in answers
        for result in answer.json()["results"]
    )
    assert await _counts(api) == (4_000 - muted, 4_000 - muted)


async def test_a_create_applies_every_preference_that_was_stored_before_it(api: Api) -> None:
    for muted in (["offer"], [], ["offer"]):
        await api.prefer("ana", muted=muted)
        answer = await api.created("ana", type="offer.new")
        assert ("status" in answer) == bool(muted)
