"""The inbox works with a wrong clock, without a live connection, and behind a proxy with prefixes.

It connects by itself when its tokens are accepted.
"""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, Page, Route, WebSocket, expect

from deploy.local.ports import HOST, listening
from deploy.local.process import Process
from tests.acceptance.shopper import Shopper, item, open_inbox, press, until_online
from tests.services.launcher import Launcher
from tests.services.tokens import sign
from tests.services.waiting import eventually

_CONFIG = Path(__file__).with_name("prefixing_proxy.cfg")
_SIGN_IN = "**/api/sign-in"
#: Sets the browser's clock six minutes ahead.
_AHEAD = "{ const now = Date.now; Date.now = () => now() + 360_000; }"


async def test_a_clock_that_is_ahead_causes_no_loop(browser: Browser, stack: Launcher) -> None:
    async with Shopper.arriving(browser, stack, token_lifetime=300) as shopper:
        sign_ins = 0
        sent: list[str] = []

        def count(request_url: str) -> None:
            nonlocal sign_ins
            sign_ins += "sign-in" in request_url

        def listen(socket: WebSocket) -> None:
            socket.on("framesent", lambda frame: sent.append(str(frame)))

        shopper.context.on("request", lambda request: count(request.url))
        shopper.context.on("page", lambda page: page.on("websocket", listen))
        await shopper.context.add_init_script(_AHEAD)
        page = await shopper.open()
        await open_inbox(page)
        first = await shopper.post(title="Aviso")
        await expect(item(page, first)).to_have_count(1)
        await press(page, first, "mark-read")
        await eventually(lambda: _is_read(shopper))
        assert sign_ins == 1
        assert not [frame for frame in sent if '"auth"' in frame]
        assert [frame for frame in sent if '"check"' in frame], "the page must ask the server"


async def test_a_page_comes_online_by_itself_when_its_tokens_are_accepted(
    browser: Browser, stack: Launcher
) -> None:
    async with Shopper.arriving(browser, stack) as shopper:
        shopper.expected += ["401", "WebSocket"]
        token = sign("a secret that the services do not have, yet", sub=shopper.user)
        signed_in = {**shopper.signed_in(), "token": token}

        async def answer(route: Route) -> None:
            await route.fulfill(json=signed_in)

        await shopper.context.route(_SIGN_IN, answer)
        page = await shopper.open(online=False)
        await _until(page, "refused")
        signed_in = shopper.signed_in()
        await until_online(page)
        await open_inbox(page)
        await expect(page.get_by_test_id("list-empty")).to_be_visible()
        await expect(page.get_by_test_id("connection-notice")).to_have_count(0)


async def test_without_a_live_connection_the_inbox_still_works(
    browser: Browser, stack: Launcher
) -> None:
    async with Shopper.arriving(browser, stack) as shopper:
        shopper.expected += ["WebSocket", "ERR_FAILED", "ERR_INTERNET_DISCONNECTED"]
        context = shopper.context
        await context.route_web_socket("**/socket.io/**", lambda socket: socket.close())
        await context.route("**/socket.io/**", lambda route: route.abort())
        first = await shopper.post(title="Aviso")
        page = await shopper.open(online=False)
        await _until(page, "limited")
        await open_inbox(page)
        await expect(page.get_by_test_id("connection-notice")).to_contain_text("pueden tardar")
        await press(page, first, "mark-read")
        await eventually(lambda: _is_read(shopper))
        second = await shopper.post(title="Mientras tanto")
        await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        await expect(item(page, second)).to_have_count(1)
        # The page follows the browser's `offline` and `online` events at once.
        await context.set_offline(True)
        await _until(page, "offline", 1)
        await context.set_offline(False)
        await _until(page, "limited", 5)


async def test_a_page_at_an_origin_that_is_not_allowed_is_told_so(
    browser: Browser, stack: Launcher
) -> None:
    async with Shopper.arriving(browser, stack) as shopper:
        shopper.expected += ["CORS", "ERR_FAILED", "WebSocket", "401", "400", "403"]
        told: list[str] = []
        page = await shopper.context.new_page()
        page.on("console", lambda line: told.append(line.text) if line.type == "error" else None)
        # Chromium resolves every name under `localhost` to this machine.
        ui = stack.ui.replace("localhost", "shop.localhost")
        await page.goto(ui)
        await _until(page, "blocked")
        await open_inbox(page)
        await expect(page.get_by_test_id("connection-notice")).to_contain_text("No es tu conexión")

        async def is_told_of_both() -> bool:
            return len({text for text in told if advice in text}) == 2

        # The page logs the advice for the API and for delivery when their first calls fail.
        advice = f"Add {ui} to its CORS_ALLOWED_ORIGINS"
        await eventually(is_told_of_both)
        assert len([text for text in told if advice in text]) == 2, "once for each"


@pytest_asyncio.fixture
async def shop(stack: Launcher, ports: Iterator[int]) -> AsyncIterator[str]:
    """Run a proxy that serves pages, the API at `/api/notify` and delivery at `/notify`."""
    port = next(ports)
    program = shutil.which("haproxy", path=f"{os.environ['PATH']}:/usr/sbin") or "haproxy"
    environment = {"PROXY_PORT": str(port)}
    for name in ("UI_PORT", "PRODUCER_API_PORT"):
        environment[name] = str(stack.ports[name])
    process = Process("shop", [program, "-db", "-f", str(_CONFIG)], env=environment)
    await process.start()
    await process.until_ready(lambda: listening(port), 10)
    yield f"http://{HOST}:{port}"
    await process.stop()


async def test_the_inbox_is_live_behind_a_proxy_with_prefixes(
    browser: Browser, stack: Launcher, shop: str
) -> None:
    async with Shopper.arriving(browser, stack) as shopper:
        config = {"apiUrl": "/api/notify/", "socketUrls": [f"{shop}/notify"], "shopUrl": stack.ui}
        await shopper.context.route("**/config.json", lambda route: route.fulfill(json=config))
        page = await shopper.context.new_page()
        await page.goto(shop)
        await until_online(page)
        await open_inbox(page)
        sent = await shopper.post(title="Detrás de un proxy")
        await expect(item(page, sent)).to_have_count(1)
        await press(page, sent, "mark-read")
        await eventually(lambda: _is_read(shopper))


async def _until(page: Page, state: str, seconds: float | None = None) -> None:
    shown = page.get_by_test_id("connection-state")
    timeout = None if seconds is None else seconds * 1000
    await expect(shown).to_have_attribute("data-state", state, timeout=timeout)


async def _is_read(shopper: Shopper) -> bool:
    return any(listed["read_at"] is not None for listed in await shopper.listed())
