"""Creates with a collapse key at several processes, and while the relay has records."""

import asyncio
import itertools
from collections.abc import Callable

from tests.faults.proxy import KafkaLink
from tests.integration.producer_api.api import Api
from tests.integration.producer_api.changes import inbox_events_of
from tests.integration.producer_api.outside import A_MARK, drained, leases, leave_open, outbox
from tests.services.parts import away
from tests.services.program import Program, running
from tests.services.world import World


async def test_of_creates_at_two_processes_only_one_of_each_key_stays_listed(
    two: tuple[Program, Program], world: World
) -> None:
    async with Api(two[0].url) as one, Api(two[1].url) as other:
        plain = (await one.created("ana"))["id"]
        users, keys = itertools.cycle(("ana", "eve")), itertools.cycle(("a", "b", "b"))
        creates = [
            api.created(next(users), collapse_key=next(keys))
            for _ in range(60)
            for api in (one, other)
        ]
        created = await asyncio.gather(*creates)
        keys_of = {item["id"]: (item["user_id"], item["collapse_key"]) for item in created}
        standing = {document["_id"] async for document in world.inbox.find({"superseded_by": None})}
        newest = standing - {plain}
        assert sorted(keys_of[id_] for id_ in newest) == sorted(set(keys_of.values()))
        for user in ("ana", "eve"):
            ids = [id_ for id_ in newest if keys_of[id_][0] == user]
            expected = sorted([*ids, *([plain] if user == "ana" else [])], reverse=True)
            assert await one.ids(user) == await other.ids(user) == expected
            counts = (await other.listed(user)).json()
            assert counts["unread_count"] == counts["unseen_count"] == len(expected)
        last = [(await api.created("ana", collapse_key="a"))["id"] for api in (one, other)][-1]
        assert await one.ids("ana") == await other.ids("ana")
        assert last in await one.ids("ana"), "the one created after the answers must stay"
        await drained(world)


async def test_times_of_marks_and_superseding_creates_rise_on_the_log(
    two: tuple[Program, Program], world: World
) -> None:
    """A client drops a change that arrives after a later one, so the log must keep the order."""
    async with Api(two[0].url) as one, Api(two[1].url) as other:
        marked = [(await one.created())["id"] for _ in range(60)]
        apis = itertools.cycle((one, other, other))
        answers = await asyncio.gather(
            *(next(apis).mark("ana", id_, read=True) for id_ in marked),
            *(next(apis).create(collapse_key="order-1") for _ in range(60)),
        )
        assert {answer.status_code for answer in answers} == {200, 201}
        await drained(world)
        events = [event for _, event in await inbox_events_of(world)]
        named = {change["id"] for event in events for change in event["changed"]}
        assert named >= set(marked)
        assert len(events) > len(marked), (
            "later batches must supersede notifications of earlier ones"
        )
        moments = [event["at"] for event in events]
        assert moments == sorted(set(moments))


async def test_a_superseding_create_waits_for_an_open_mark_even_if_the_relay_has_work(
    another: Callable[..., Program], world: World
) -> None:
    """The process that made the mark is alive, so the create gives it time to publish the mark."""
    program = another(PRODUCER_API_PUBLISH_TIMEOUT_SECONDS="10", PRODUCER_API_LEASE_SECONDS="11")
    # The program never has the lease, so it publishes only its own create.
    holder = {"holder": "another", "expires_at": world.in_an_hour()}
    await leases(world).update_one({"_id": "outbox"}, {"$set": holder}, upsert=True)
    async with running(program), Api(program.url) as api:
        await api.created(collapse_key="order-1")
        await leave_open(world, "queued", state="queued", queued_at=None)
        await leave_open(world, "a mark's", records=[A_MARK])
        creating = asyncio.create_task(api.created(collapse_key="order-1"))
        await asyncio.wait([creating], timeout=0.2)
        mark = await outbox(world).find_one({"_id": "a mark's"})
        assert mark["state"] == "open"
        await outbox(world).delete_one({"_id": "a mark's"})
        await creating
        assert await outbox(world).count_documents({"state": "queued"}) == 2
        await leases(world).delete_one({"_id": "outbox"})
        await drained(world)


async def test_records_published_by_the_relay_carry_the_notices(
    api: Api, world: World, kafka: KafkaLink
) -> None:
    first = (await api.created(collapse_key="order-1"))["id"]
    async with away(kafka):
        second = (await api.created(collapse_key="order-1"))["id"]
        assert await api.ids() == [second]
        third = (await api.created(collapse_key="order-1"))["id"]
        assert (await api.mark("ana", third, read=True)).status_code == 200
    await drained(world)
    events = await inbox_events_of(world)
    assert [carrier for carrier, _ in events[:2]] == [second, third]
    named = [
        (change["id"], change.get("superseded_by"))
        for _, event in events
        for change in event["changed"]
    ]
    assert named == [(first, second), (second, third), (third, None)]
    assert await api.metric('producer_records_published_total{sender="relay"}') >= 3
