"""The shop with the real API: each state of an order becomes one notification."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import datetime

import httpx
import jwt
import pytest
import pytest_asyncio

from deploy.local.paths import ROOT
from deploy.local.process import Process
from tests.services.env import program_env
from tests.services.http import http_client
from tests.services.parts import Services
from tests.services.program import ForkedProgram, Program, running
from tests.services.tokens import SECRET


@pytest.fixture(scope="module")
def shop_env(services: Services, ports: Iterator[int]) -> dict[str, str]:
    env = program_env(services, ports)
    return env | {
        "DEMO_SHOP_PORT": str(next(ports)),
        "CONSOLE_PORT": str(next(ports)),
        "PRODUCER_API_URL": f"http://127.0.0.1:{env['PRODUCER_API_PORT']}",
    }


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shop(shop_env: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    """A running shop, which all tests share. The API runs only in tests that start it."""
    url = f"http://127.0.0.1:{shop_env['DEMO_SHOP_PORT']}"
    async with (
        running(Program("deploy.demo_shop", url, shop_env)),
        http_client(url, timeout=20) as client,
    ):
        yield client


@pytest.fixture
def producer_api(shop_env: dict[str, str]) -> Program:
    """The API of the shop, not started yet."""
    return ForkedProgram("producer_api", shop_env["PRODUCER_API_URL"], shop_env)


async def _sign_in(shop: httpx.AsyncClient, user_id: str) -> str:
    answer = await shop.post("/api/sign-in", json={"user_id": user_id})
    assert answer.status_code == 200
    return str(answer.json()["token"])


async def test_a_visitor_gets_the_address_of_the_machine_room_and_a_token_with_few_rights(
    shop: httpx.AsyncClient, shop_env: dict[str, str]
) -> None:
    given = (await shop.post("/api/machine-room")).json()
    address, _, token = given["url"].partition("#token=")
    assert address == f"http://localhost:{shop_env['CONSOLE_PORT']}/"
    claims = jwt.decode(token, SECRET, algorithms=["HS256"])
    assert claims["demo"] is True
    assert claims["scope"] == "notifications:read notifications:repeat"
    assert datetime.fromisoformat(given["expires_at"]).timestamp() == claims["exp"]


async def _titles(api: Program, token: str, *, status: str = "all") -> list[str]:
    headers = {"Authorization": f"Bearer {token}"}
    path = f"/v1/users/me/notifications?status={status}"
    async with http_client(api.url, headers=headers) as client:
        items = (await client.get(path)).json()["items"]
    return [item["title"] for item in items]


async def test_each_state_of_an_order_is_sent(
    producer_api: Program, shop: httpx.AsyncClient
) -> None:
    async with running(producer_api):
        token = await _sign_in(shop, "ana")
        order = (await shop.post("/api/orders", json={"user_id": "ana"})).json()
        assert order["state"] == "received"
        states = [state["id"] for state in order["states"]]
        for expected in states[1:]:
            order = (await shop.post(f"/api/orders/{order['id']}/advance")).json()
            assert order["state"] == expected
        assert (await shop.post(f"/api/orders/{order['id']}/advance")).status_code == 409
        assert (await shop.get("/api/orders", params={"user_id": "ana"})).json() == [order]
        assert await _titles(producer_api, token) == ["Pedido entregado"]
        await _correct(producer_api, shop, f"/api/orders/{order['id']}", token)
        await shop.post("/api/orders", json={"user_id": "ana"})
        titles = await _titles(producer_api, token)
        assert titles == ["Pedido recibido", "Pedido entregado"], "each order has its own card"


async def _correct(api: Program, shop: httpx.AsyncClient, path: str, token: str) -> None:
    """Move the order back from "delivered", and deliver it again. Then open the order."""
    mistake = {"event": "not_delivered"}
    await shop.post(f"{path}/events", json={"event": "review"})
    assert len(await _titles(api, token)) == 2
    corrected = (await shop.post(f"{path}/events", json=mistake)).json()
    assert (corrected["state"], await _titles(api, token)) == ("in_transit", [])
    assert (await shop.post(f"{path}/events", json=mistake)).status_code == 409
    again = (await shop.post(f"{path}/advance")).json()
    assert again["state"] == "delivered"
    assert await _titles(api, token, status="unread") == ["Pedido entregado"]
    assert (await shop.post(f"{path}/open")).json() == again
    assert await _titles(api, token, status="unread") == []
    assert (await shop.post("/api/orders/1/open")).status_code == 404


async def test_the_shop_speaks_the_language_of_the_shoppers_page(
    producer_api: Program, shop: httpx.AsyncClient
) -> None:
    async with running(producer_api):
        token = await _sign_in(shop, "luis")
        english = {"user_id": "luis", "language": "en-GB"}
        order = (await shop.post("/api/orders", json=english)).json()
        assert order["events"] == ["payment_failed"]
        path = f"/api/orders/{order['id']}"
        await shop.post(f"{path}/events", json={"event": "payment_failed"})
        assert await _titles(producer_api, token) == ["Your payment did not go through"]
        early = await shop.post(f"{path}/events", json={"event": "review"})
        assert (early.status_code, early.json()["detail"]) == (
            409,
            f"'review' cannot happen to order {order['id']} now; expected one of payment_failed",
        )
        await shop.post(f"{path}/advance", json={"language": "es"})
        await shop.post("/api/notices", json={"user_id": "luis", "notice": "sign_in"})
        unknown = await shop.post("/api/notices", json={"user_id": "luis", "notice": "x"})
        assert unknown.status_code == 404
        # The shop remembers the language that the page has sent last.
        newest, *earlier = await _titles(producer_api, token)
        assert (newest, earlier) == ("Nuevo inicio de sesión en tu cuenta", ["Pedido pagado"])


async def test_the_command_sends_the_states_of_one_order(
    producer_api: Program, shop_env: dict[str, str], shop: httpx.AsyncClient
) -> None:
    async with running(producer_api):
        command = _command(shop_env, "--language", "en")
        await command.start()
        assert await asyncio.wait_for(command.wait(), 30) == 0, list(command.recent)
        titles = await _titles(producer_api, await _sign_in(shop, "carmen"))
        assert titles == ["Order delivered"]


async def test_an_unreachable_api_is_named_in_the_answer(
    shop: httpx.AsyncClient, shop_env: dict[str, str]
) -> None:
    command = _command(shop_env)
    await command.start()
    answer = await shop.post("/api/orders", json={"user_id": "carmen"})
    assert answer.status_code == 502
    assert shop_env["PRODUCER_API_URL"] in answer.json()["detail"]
    assert (await shop.get("/api/orders", params={"user_id": "carmen"})).json() == []
    assert await asyncio.wait_for(command.wait(), 30) == 1
    assert command.recent[-1].startswith("not sent: the API at")


async def test_sign_in_gives_a_token_of_that_shopper_only(shop: httpx.AsyncClient) -> None:
    claims = jwt.decode(await _sign_in(shop, "ana"), SECRET, algorithms=["HS256"])
    assert claims["sub"] == "ana"
    assert "scope" not in claims
    stranger = await shop.post("/api/sign-in", json={"user_id": "mallory"})
    assert stranger.status_code == 404
    assert "mallory" in stranger.json()["detail"]


async def test_only_the_ui_may_call_the_shop_from_a_browser(shop: httpx.AsyncClient) -> None:
    preflight = {"Access-Control-Request-Method": "POST"}
    good = await shop.options(
        "/api/orders", headers=preflight | {"Origin": "http://localhost:8080"}
    )
    bad = await shop.options("/api/orders", headers=preflight | {"Origin": "http://evil.example"})
    assert good.headers["access-control-allow-origin"] == "http://localhost:8080"
    assert "access-control-allow-origin" not in bad.headers
    rebound = await shop.get("/api/shoppers", headers={"Host": "evil.example"})
    assert rebound.status_code == 400


def _command(env: dict[str, str], *options: str) -> Process:
    argv = [sys.executable, "-m", "deploy.demo_shop", "--user", "carmen", "--pause", "0", *options]
    return Process("demo_shop --user carmen", argv, env=env, cwd=ROOT)
