"""The UI as a browser gets it: HAProxy with our configuration, in front of the demo shop."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from deploy.demo_shop.app import create_app
from deploy.demo_shop.client import NotificationClient
from deploy.demo_shop.settings import ShopSettings
from deploy.local.paths import UI_BUILD
from deploy.local.ports import HOST
from runtime.http_server import HttpServer
from tests.deploy.local.front import IMAGE_HOSTS, Front
from tests.services.tokens import SECRET


@pytest_asyncio.fixture
async def ui(front: Front) -> AsyncIterator[httpx.AsyncClient]:
    settings = ShopSettings(auth_jwt_secret=SECRET)
    notifications = NotificationClient(settings.producer_api_url, SECRET)
    app = create_app(settings, notifications)
    shop = HttpServer(app, HOST, front.shop_port, lifespan="off")
    serving = asyncio.create_task(shop.serve())
    async with asyncio.timeout(10):
        while not shop.started:  # noqa: ASYNC110 - uvicorn sets no event
            await asyncio.sleep(0.01)
    async with httpx.AsyncClient(base_url=f"http://{HOST}:{front.ui_port}") as client:
        yield client
    shop.should_exit = True
    await asyncio.wait_for(serving, 10)
    await notifications.close()


@pytest.mark.parametrize("path", ["/", "/orders/1234", "/index.html"])
async def test_every_page_is_the_app_and_is_revalidated(ui: httpx.AsyncClient, path: str) -> None:
    answer = await ui.get(path)
    assert answer.status_code == 200
    assert answer.text == (UI_BUILD / "index.html").read_text()
    assert answer.headers["Cache-Control"] == "no-cache"


async def test_a_hashed_file_is_compressed_and_kept_for_good(ui: httpx.AsyncClient) -> None:
    file = next((UI_BUILD / "assets").glob("index-*.js"))
    answer = await ui.get(f"/assets/{file.name}")
    assert answer.text == file.read_text()
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Encoding"] == "gzip"


@pytest.mark.parametrize("path", ["/assets/gone-Xy1.js", "/favicon.ico", "/..%2f..%2fetc/passwd.x"])
async def test_a_missing_file_is_answered_with_404(ui: httpx.AsyncClient, path: str) -> None:
    answer = await ui.get(path)
    assert answer.status_code == 404
    assert "immutable" not in answer.headers.get("Cache-Control", "")


async def test_the_ui_config_has_its_own_address_as_the_only_one_for_sockets(
    front: Front, ui: httpx.AsyncClient
) -> None:
    answer = await ui.get("/config.json")
    assert answer.json() == {
        "apiUrl": "http://localhost:21000",
        "socketUrls": [f"http://localhost:{front.ui_port}"],
        "shopUrl": f"http://localhost:{front.shop_port}",
    }
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/config.json", "/socket.io/"])
async def test_a_page_may_reach_its_own_servers_and_no_other(
    front: Front, ui: httpx.AsyncClient, path: str
) -> None:
    headers = (await ui.get(path)).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert set(policy["connect-src"].split()) == {
        "'self'",
        "http://localhost:21000",
        f"http://localhost:{front.shop_port}",
        *(f"http://localhost:{front.ui_port}", f"ws://localhost:{front.ui_port}"),
    }
    assert policy["img-src"].split() == ["'self'", "data:", *IMAGE_HOSTS.split()]
    assert headers["X-Content-Type-Options"] == "nosniff"
