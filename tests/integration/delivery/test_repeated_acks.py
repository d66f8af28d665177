"""A delivered notification gets no second receipt, even if another instance writes its ack."""

import pytest
from pymongo.errors import AutoReconnect

from tests.integration.delivery.writing import HERE, THERE, writing
from tests.services.world import World


async def test_only_the_first_of_two_instances_writes_the_receipt(world: World) -> None:
    first, second = [await world.create("ana", 3) for _ in range(2)]
    async with writing(world) as ours, writing(world, THERE) as theirs:
        await ours.acks(first)
        # An edge whose link is down also writes the recent acks of its sockets.
        await theirs.acks([*first, *second])
        await ours.acks(second)
        assert (ours.told(), theirs.told()) == (first, second)
        owed = await ours.owed.oldest(0, 10)
        assert {each.instance for each in owed} == {HERE, THERE}
        ours.confirm()
        theirs.confirm()
        await world.all_receipts_confirmed()


async def test_an_ack_that_is_written_twice_in_one_batch_has_one_receipt(world: World) -> None:
    ids = await world.create("ana", 2)
    async with writing(world) as ours:
        for _ in range(2):
            ours.add(ids)
        await ours.writer.flush()
        assert ours.told() == ids


async def test_a_write_whose_answer_was_lost_has_its_receipts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await world.create("ana", 3)
    async with writing(world) as ours, writing(world, THERE) as theirs:
        await theirs.acks(ids[:1])
        mark_delivered = ours.inbox.mark_delivered
        lost = [AutoReconnect("the answer was lost")]

        async def answer_lost(*args: object) -> int:
            count = await mark_delivered(*args)  # type: ignore[arg-type] # as it was called
            if lost:
                raise lost.pop()
            return count

        monkeypatch.setattr(ours.inbox, "mark_delivered", answer_lost)
        await ours.acks(ids)
        assert ours.told() == ids[1:]


async def test_erased_notification_is_settled_without_a_receipt(world: World) -> None:
    ids = await world.create("ana", 2)
    await world.inbox.delete_one({"_id": ids[0]})
    async with writing(world) as ours:
        await ours.acks(ids)
        assert ours.told() == ids[1:]
