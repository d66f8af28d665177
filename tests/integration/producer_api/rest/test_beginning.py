"""What one test leaves behind is gone when the next one begins."""

from tests.services.world import World


async def test_a_test_begins_without_the_profile_of_an_earlier_one(world: World) -> None:
    database = world.inbox.database
    await database.command("profile", 2)
    await world.inbox.find_one()
    assert await database["system.profile"].find_one() is not None
    await world.begin_again()
    await world.inbox.find_one()
    assert await database["system.profile"].find_one() is None
