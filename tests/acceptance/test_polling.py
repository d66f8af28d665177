"""The inbox works for a shopper in a network that blocks WebSockets."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Request, WebSocket, expect

from deploy.local.ports import HOST, listening
from deploy.local.process import Process
from tests.acceptance.shopper import Shopper, item, open_inbox, press, until_online, until_shown
from tests.services.launcher import Launcher
from tests.services.waiting import eventually

_CONFIG = Path(__file__).with_name("blocking_proxy.cfg")
#: Chromium logs the first if the proxy refuses a WebSocket, and the second if a client closes a
#: session whose instance has ended.
_EXPECTED = ["WebSocket connection", "400 (Bad Request)"]


@pytest_asyncio.fixture
async def proxy(ports: Iterator[int]) -> AsyncIterator[str]:
    """Run a proxy that blocks WebSockets, and return its URL."""
    port = next(ports)
    program = shutil.which("haproxy", path=f"{os.environ['PATH']}:/usr/sbin") or "haproxy"
    process = Process("proxy", [program, "-db", "-f", str(_CONFIG)], env={"PROXY_PORT": str(port)})
    await process.start()
    await process.until_ready(lambda: listening(port), 10)
    yield f"http://{HOST}:{port}"
    await process.stop()


async def test_the_inbox_is_live_where_websockets_are_blocked(
    browser: Browser, stack: Launcher, proxy: str
) -> None:
    async with Shopper.arriving(browser, stack, proxy=proxy) as shopper:
        shopper.expected += _EXPECTED
        traffic = _Traffic(shopper.context)
        # HAProxy connects the tabs to different instances.
        tabs = [await shopper.open(), await shopper.open()]
        for tab in tabs:
            await open_inbox(tab)
        first = await shopper.post(title="En directo")
        for tab in tabs:
            await expect(item(tab, first)).to_have_count(1)
        await press(tabs[0], first, "mark-read")
        for tab in tabs:
            await expect(item(tab, first)).to_have_attribute("data-read", "true")
        await eventually(lambda: _is_delivered_and_read(shopper, first))

        sent = [first]
        for count in (1, 2):
            assert (await stack.scale(count))[0] == 0
            sent.append(await shopper.post(title=f"Con {count}"))
            for tab in tabs:
                await until_shown(tab, sent[::-1])
                await until_online(tab)
        assert traffic.loads == 2, "no page may be loaded again"
        assert traffic.polls > 0
        assert traffic.frames == 0, "a WebSocket was open"


class _Traffic:
    """Counts the loads of pages, the polls, and the frames received over WebSockets."""

    def __init__(self, context: BrowserContext) -> None:
        self.loads = self.polls = self.frames = 0
        context.on("request", self._request)
        context.on("page", lambda page: page.on("websocket", self._websocket))

    def _request(self, request: Request) -> None:
        self.loads += request.is_navigation_request()
        self.polls += "transport=polling" in request.url

    def _websocket(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._frame)

    def _frame(self, _frame: object) -> None:
        self.frames += 1


async def _is_delivered_and_read(shopper: Shopper, notification_id: str) -> bool:
    [listed] = [each for each in await shopper.listed() if each["id"] == notification_id]
    return listed["delivered_at"] is not None and listed["read_at"] is not None
