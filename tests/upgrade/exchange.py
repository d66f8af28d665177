"""Two producer APIs of different releases serve each other's callers and records."""

import itertools
from collections.abc import Mapping

from tests.faults.orders import OrderService
from tests.faults.proxy import KafkaLink
from tests.integration.producer_api.api import Api
from tests.services.waiting import eventually
from tests.services.world import World

_RELAYED = 'producer_records_published_total{sender="relay"}'
_numbers = itertools.count()


async def share_requests(world: World, first_url: str, second_url: str) -> None:
    """Use one process's idempotency keys, cursors, marks and preferences at the other process."""
    user = f"shared-{next(_numbers)}"
    async with Api(first_url) as first, Api(second_url) as second:
        await _repeat_a_request(world, user, first, second)
        await _read_each_others_pages_and_marks(world, user, first, second)
        await _take_back_each_others(world, user, first, second)
        assert (await first.prefer(user, muted=["offer"], quiet_hours=None)).is_success
        assert (await second.created(user, type="offer.new"))["status"] == "muted"
        assert (await first.erase(user)).is_success
        assert await second.ids(user) == []


async def _repeat_a_request(world: World, user: str, first: Api, second: Api) -> None:
    key, data = f"key of {user}", {"order": 1}
    for answers in (
        [await api.create(user, key=key, data=data) for api in (first, second)],
        [await api.create_batch({"user_id": user}, key=f"{key}, bad") for api in (first, second)],
    ):
        assert [answer.status_code for answer in answers] == [answers[0].status_code] * 2
        assert answers[0].json() == answers[1].json()
    repeat = await second.create(user, key=key, data=data)
    assert repeat.headers["Idempotency-Replayed"] == "true"
    assert (await second.create(user, key=key, data={"order": 2})).status_code == 422
    _note(world, user, repeat.json()["id"])


async def _read_each_others_pages_and_marks(
    world: World, user: str, first: Api, second: Api
) -> None:
    newest = [(await api.created(user))["id"] for api in (first, second, first)][::-1]
    _note(world, user, *newest)
    page = (await first.listed(user, limit=1)).json()
    rest = (await second.listed(user, cursor=page["next_cursor"])).json()
    assert [item["id"] for item in [*page["items"], *rest["items"]]][:3] == newest
    assert page["unread_count"] == 4
    assert (await first.mark(user, newest[0], read=True)).is_success
    assert (await second.listed(user)).json()["unread_count"] == 3
    assert (await second.mark_all_read(user)).json()["unread_count"] == 0
    assert (await first.listed(user)).json()["unread_count"] == 0


async def _take_back_each_others(world: World, user: str, first: Api, second: Api) -> None:
    older = (await first.created(user, collapse_key="parcel"))["id"]
    newer = (await second.created(user, collapse_key="parcel"))["id"]
    _note(world, user, older, newer)
    assert (await first.trace(older)).json()["status"] == "superseded"
    assert newer in await first.ids(user)
    assert (await first.withdraw_standing(user, "parcel")).is_success
    assert (await second.trace(newer)).json()["status"] == "withdrawn"
    assert newer not in await second.ids(user)


async def relay_for_each_other(orders: OrderService, processes: Mapping[str, KafkaLink]) -> None:
    """Cut off each process from Kafka in turn. The other one must publish what both accept."""
    for cut_off, link in processes.items():
        (other,) = processes.keys() - {cut_off}
        async with Api(other) as relay:
            before = await relay.metric(_RELAYED)

            async def has_relayed(relay: Api = relay, before: float = before) -> bool:
                return await relay.metric(_RELAYED) >= before + len(orders.created)

            async with link.cut():
                await eventually(has_relayed)
        await orders.rounds(1)


def _note(world: World, user: str, *ids: str) -> None:
    if world.accepted is not None:
        for id_ in ids:
            world.accepted.note(id_, user)
