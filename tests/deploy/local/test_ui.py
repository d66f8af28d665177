"""The UI server: the app on every path of its own, safe headers, caching that never lies."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from deploy.local.settings import LocalSettings
from deploy.local.ui import create_app


@pytest_asyncio.fixture
async def ui(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>the app")
    (tmp_path / "assets" / "index-Dk3.js").write_text("export {}")
    settings = LocalSettings(
        producer_api_port=21000,
        demo_shop_port=21090,
        ui_port=21080,
    )
    transport = httpx.ASGITransport(create_app(settings, tmp_path))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/orders/1234", "/index.html"])
async def test_every_page_is_the_app_and_is_asked_for_anew(
    ui: httpx.AsyncClient, path: str
) -> None:
    answer = await ui.get(path)
    assert answer.status_code == 200
    assert answer.text.endswith("the app")
    assert answer.headers["Cache-Control"] == "no-cache"


async def test_hashed_files_are_kept_for_good(ui: httpx.AsyncClient) -> None:
    answer = await ui.get("/assets/index-Dk3.js")
    assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("path", ["/assets/gone-Xy1.js", "/favicon.ico", "/..%2f..%2fetc/passwd.x"])
async def test_a_missing_file_is_no_page(ui: httpx.AsyncClient, path: str) -> None:
    answer = await ui.get(path)
    assert answer.status_code == 404
    assert "immutable" not in answer.headers.get("Cache-Control", "")


async def test_config_gives_the_ui_itself_as_the_one_address_of_sockets(
    ui: httpx.AsyncClient,
) -> None:
    assert (await ui.get("/config.json")).json() == {
        "apiUrl": "http://localhost:21000",
        "socketUrls": ["http://localhost:21080"],
        "shopUrl": "http://localhost:21090",
    }


async def test_the_page_may_reach_its_own_servers_and_no_other(ui: httpx.AsyncClient) -> None:
    headers = (await ui.get("/")).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert set(policy["connect-src"].split()) == {
        "'self'",
        "http://localhost:21000",
        "http://localhost:21090",
        *("http://localhost:21080", "ws://localhost:21080"),
    }
    assert headers["X-Content-Type-Options"] == "nosniff"
