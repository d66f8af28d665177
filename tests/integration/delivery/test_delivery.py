"""One delivery instance with a real topic, a real inbox and real clients."""

from tests.integration.delivery.instances import all_live
from tests.services.program import Program, running
from tests.services.shopper import Shopper, connected
from tests.services.waiting import eventually
from tests.services.world import World


async def test_a_notification_reaches_the_connected_user_complete(
    world: World, delivery: Program
) -> None:
    ana = Shopper("ana", delivery.url)
    async with running(delivery), connected(ana):
        (created,) = await world.create("ana", action_url="/orders/1")
        await ana.has(1)
        await world.all_delivered([created])
        await world.all_committed()
    (item,) = ana.items
    assert (item["id"], item["title"], item["data"]) == (
        created,
        "Pedido despachado",
        {"order_id": "1"},
    )
    assert (item["action_url"], item["delivered_at"]) == ("/orders/1", None)


async def test_the_offset_passes_a_record_only_after_the_ack(
    world: World, delivery: Program
) -> None:
    waiting, neighbour = world.users_of_partition(0, 2)
    slow, quick = Shopper(waiting, delivery.url, acking=False), Shopper(neighbour, delivery.url)
    async with running(delivery), connected(slow, quick):
        await all_live(2, delivery)
        before = await world.create(neighbour)
        held = await world.create(waiting)
        behind = await world.create(neighbour)
        await slow.has(1)
        await quick.has(2)

        async def prefix_committed() -> bool:
            return await world.committed_of(0) == 1

        async def neighbour_delivered() -> bool:
            return await world.delivered(before + behind) == set(before + behind)

        async def settled_map_is_committed() -> bool:
            return bool((await world.committed())[0].metadata)

        # The neighbour's later notification is delivered. The offset stays before the held record.
        await eventually(prefix_committed)
        await eventually(neighbour_delivered)
        await eventually(settled_map_is_committed)
        assert await world.delivered(held) == set()
        assert await world.committed_of(0) == 1
        slow.start_acking()
        await world.all_delivered(held)
        await world.all_committed()
    assert quick.received == before + behind


async def test_all_connections_receive_a_push_and_the_first_ack_settles_it(
    world: World, delivery: Program
) -> None:
    silent, tab = Shopper("ana", delivery.url, acking=False), Shopper("ana", delivery.url)
    async with running(delivery), connected(silent, tab):
        created = await world.create("ana")
        await silent.has(1)
        await tab.has(1)
        await world.all_delivered(created)
        await world.all_committed()
        assert silent.received == tab.received == created
        assert silent.acked == []


async def test_notifications_that_arrive_before_an_ack_are_pushed_together_in_order(
    world: World, delivery: Program
) -> None:
    ana = Shopper("ana", delivery.url, acking=False)
    async with running(delivery), connected(ana):
        created = await world.create("ana")
        await ana.has(1)
        created += await world.create("ana", 60)
        ana.start_acking()
        await ana.has(61)
        await world.all_committed()
    assert ana.received == created
    assert max(ana.events) > 1
    assert max(ana.events) <= 50


async def test_a_user_named_like_a_room_receives_only_their_own_notifications(
    world: World, delivery: Program
) -> None:
    ana, impostor = Shopper("ana", delivery.url), Shopper("user:ana", delivery.url)
    async with running(delivery), connected(ana, impostor):
        await world.create("ana")
        created = await world.create("user:ana")
        await ana.has(1)
        await impostor.has(1)
        await world.all_committed()
    assert impostor.received == created


async def test_a_repeated_record_is_not_pushed_again(world: World, delivery: Program) -> None:
    ana = Shopper("ana", delivery.url)
    document = world.document("ana")
    await world.inbox.insert_one(document)
    async with running(delivery), connected(ana):
        await world.publish(document)
        await ana.until(lambda: ana.acked == [document["_id"]])
        await world.publish(document)
        last = await world.create("ana")
        await ana.has(2)
        await world.all_committed()
    assert ana.received == [document["_id"], *last]


async def test_expired_notifications_are_settled_and_not_pushed(
    world: World, delivery: Program
) -> None:
    ana = Shopper("ana", delivery.url)
    async with running(delivery), connected(ana):
        await world.create("ana", expires_at=world.document("ana")["created_at"])
        unexpired = await world.create("ana", expires_at=world.in_an_hour())
        await ana.has(1)
        await world.all_committed()
    assert ana.received == unexpired
