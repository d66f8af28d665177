"""The machine room on real Kafka, MongoDB, API and delivery."""

import pytest

from tests.deploy.console.conftest import Room, visitor_token
from tests.deploy.console.river_reader import river_of
from tests.services.shopper import Shopper, connected
from tests.services.tokens import service_token, shopper_token

_ROUTES = (
    ("GET", "/api/session"),
    ("GET", "/api/river"),
    ("GET", "/api/notifications?by=user&q=ana"),
    ("GET", "/api/notifications/0198c0de-0000-7000-8000-000000000000"),
)


async def test_the_river_shows_records_and_how_far_the_offset_may_move(room: Room) -> None:
    ana = Shopper("anabel", room.delivery.url)
    async with river_of(room.visitor) as river, connected(ana):
        created = await room.api.created("anabel", data={"order_id": "77"})
        await river.until(lambda: {"created", "delivered"} <= river.kinds())
        record = next(each for each in river.records if each["kind"] == "created")
        assert (record["id"], record["user"]) == (created["id"], "a•••l")
        lane = record["partition"]
        await river.until(lambda: river.lanes[lane]["committed"] > record["offset"])
        assert river.lanes[lane]["lag"] == 0
        assert river.lanes[lane]["owner"] == room.delivery.url
        assert "anabel" not in f"{river.state}{river.records}"


@pytest.mark.parametrize(("method", "path"), _ROUTES)
async def test_nothing_is_shown_without_the_token(room: Room, method: str, path: str) -> None:
    tokens = {
        None: 401,
        "not a token": 401,
        visitor_token(lifetime=-3600): 401,
        shopper_token("ana"): 403,
        service_token(): 403,
    }
    for token, status in tokens.items():
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        url = f"{room.console.url}{path}"
        answer = await room.api.client.request(method, url, headers=headers)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status


async def test_the_page_may_load_and_call_nothing_but_the_console(room: Room) -> None:
    answer = await room.api.client.get(f"{room.console.url}/")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
