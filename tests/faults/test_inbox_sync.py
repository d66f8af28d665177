"""Changes made in one tab reach the user's other connections, on any instance."""

from tests.faults.conftest import FleetOf
from tests.integration.delivery.judged import Judged
from tests.services.http import http_client
from tests.services.program import Program, running
from tests.services.shopper import connected
from tests.services.tokens import shopper_token
from tests.services.world import World


async def test_marks_reach_all_connections_of_the_user_and_no_others(
    world: World, fleet_of: FleetOf, judged: Judged, producer_api: Program
) -> None:
    fleet = fleet_of(2)
    async with fleet.running(0, 1), running(producer_api):
        await fleet.shared_by(0, 1)
        tabs = [judged.shopper("ana", url=url) for url in fleet.urls]
        stranger = judged.shopper("bea", url=fleet.urls[0])
        async with connected(*tabs, stranger):
            await fleet.subscribed(3)
            first, second, third = await world.create("ana", 3)
            await world.all_delivered([first, second, third])
            path, ana = "/v1/users/me/notifications", f"Bearer {shopper_token('ana')}"
            headers = {"Authorization": ana}
            async with http_client(producer_api.url, headers=headers) as api:
                await api.patch(f"{path}/{first}", json={"read": True})
                await api.patch(f"{path}/{second}", json={"archived": True})
                await api.post(f"{path}/read")
            for tab in tabs:
                await tab.until(lambda tab=tab: len(tab.inbox_events) >= 3)  # type: ignore[misc]
            await world.all_committed()
        read, archived, all_read = tabs[0].inbox_events
        assert tabs[1].inbox_events == tabs[0].inbox_events
        assert stranger.inbox_events == []
        assert (read["unread_count"], read["changed"][0]["id"]) == (2, first)
        assert read["changed"][0]["read_at"] is not None
        assert archived["changed"][0]["archived_at"] is not None
        assert (all_read["unread_count"], all_read["changed"][0]["id"]) == (0, third)


async def test_a_change_by_an_offline_user_does_not_block_the_offset(
    world: World, fleet_of: FleetOf, judged: Judged, producer_api: Program
) -> None:
    fleet = fleet_of(1)
    async with fleet.running(0), running(producer_api):
        tab = judged.shopper("ana", url=fleet.urls[0])
        async with connected(tab):
            (created,) = await world.create("ana")
            await world.all_delivered([created])
        headers = {"Authorization": f"Bearer {shopper_token('ana')}"}
        async with http_client(producer_api.url, headers=headers) as api:
            answer = await api.patch(f"/v1/users/ana/notifications/{created}", json={"seen": True})
            assert answer.status_code == 200
        await world.all_committed()
        assert await world.total_committed() == 2
