"""The packed library works in pages of other teams, at an origin of their own.

`make test` builds the pages from the tarball (tests/hosts/build.js). React runs in development
mode, which logs warnings. With Next, it runs in production mode, where a hydration mismatch is
still an error.
"""

import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import quote

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from deploy.local.paths import ROOT
from deploy.local.ports import HOST, listening
from deploy.local.process import Process
from tests.acceptance.shopper import Shopper
from tests.services.http import http_client
from tests.services.launcher import Launcher
from tests.services.waiting import PATIENCE_SECONDS

_HOSTS = ROOT / ".local" / "hosts"
#: Removes what the oldest supported browsers lack: Safari 16.4, Chrome 111, Firefox 115, and older
#: webviews.
_OLD_BROWSER = """
    delete URL.parse;
    delete URL.canParse;
    delete AbortSignal.any;
    delete Promise.withResolvers;
    delete Array.fromAsync;
    delete Object.groupBy;
    delete Set.prototype.union;
    delete globalThis.BroadcastChannel;
    delete globalThis.requestIdleCallback;
    delete Navigator.prototype.locks;
"""
_STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
    "connect-src http://localhost:* ws://localhost:* http://127.0.0.1:* ws://127.0.0.1:*; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


class _Pages(SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", _STRICT)
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shop(stack: Launcher) -> AsyncIterator[str]:
    """Serve the hosts' pages at an origin that the stack's operator has allowed, and return it."""
    handler = partial(_Pages, directory=str(_HOSTS))
    port, _ = stack.host_page_ports
    server = ThreadingHTTPServer((HOST, port), handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest_asyncio.fixture(loop_scope="session")
async def next_shop(stack: Launcher) -> AsyncIterator[str]:
    """Start the host that uses Next at an allowed origin, and return the origin."""
    _, port = stack.host_page_ports
    server = Process(
        "next",
        ["node", "node_modules/next/dist/bin/next", "start", "-H", "localhost", "-p", str(port)],
        env={"PATH": os.environ["PATH"], "NEXT_TELEMETRY_DISABLED": "1"},
        cwd=_HOSTS / "next",
    )
    await server.start()
    try:
        await server.until_ready(lambda: listening(port), PATIENCE_SECONDS)
        yield f"http://localhost:{port}"
    finally:
        await server.stop()


def _config(stack: Launcher, shopper: Shopper) -> str:
    """Return a host's configuration, as text for a URL or a cookie."""
    config = {
        "apiUrl": f"http://localhost:{stack.ports['PRODUCER_API_PORT']}",
        "socketUrl": f"http://localhost:{stack.ports['DELIVERY_PORT']}",
        "token": shopper.signed_in()["token"],
    }
    return quote(json.dumps(config))


def _bell(where: Page | Locator) -> Locator:
    """Find the bell by its name: the package has no ids for tests. Its text is the badge."""
    return where.get_by_role("button", name=re.compile("^Notifica"))


def _item(where: Page | Locator, id_: str) -> Locator:
    return where.locator(f'li[data-id="{id_}"]')


def _toast(where: Page | Locator, id_: str) -> Locator:
    return where.locator(f'div[data-id="{id_}"]')


@asynccontextmanager
async def _visiting(
    browser: Browser, stack: Launcher, url: str, **options: bool
) -> AsyncIterator[tuple[Shopper, Page]]:
    async with Shopper.arriving(browser, stack) as shopper:
        if options.get("is_old"):
            await shopper.context.add_init_script(_OLD_BROWSER)
        page = await shopper.open_url(f"{url}#{_config(stack, shopper)}")
        yield shopper, page


@pytest.mark.parametrize(
    ("host", "is_old"), [("react-18", True), ("react-19.0", False), ("react-newest", False)]
)
async def test_the_package_works_with_this_react(
    browser: Browser, stack: Launcher, shop: str, host: str, is_old: bool
) -> None:
    async with _visiting(browser, stack, f"{shop}/{host}/dist/", is_old=is_old) as (shopper, page):
        first = await shopper.post(title="De otra tienda", action_url="/orders/1")
        await expect(_bell(page)).to_have_text("1")
        await _bell(page).click()
        item = _item(page, first)
        await expect(item).to_be_visible()
        await expect(_bell(page)).to_have_text("")
        await item.hover()
        await item.get_by_role("button", name="Marcar como leída").click()
        await expect(item).to_have_attribute("data-read", "true")
        await expect(page.get_by_test_id("host-unread")).to_have_text("0")
        await page.keyboard.press("Escape")
        second = await shopper.post(title="Otra vez")
        await expect(_toast(page, second)).to_be_visible()
        background = await _toast(page, second).evaluate(
            "toast => getComputedStyle(toast).backgroundColor"
        )
        assert background != "rgba(0, 0, 0, 0)", "the style sheet has the whole design"


async def test_a_server_component_of_next_imports_the_inbox(
    browser: Browser, stack: Launcher, next_shop: str
) -> None:
    async with http_client(next_shop) as client:
        html = (await client.get("/")).raise_for_status().text
    assert 'aria-label="Notificaciones"' in html, "the server renders the bell, without a count"

    async with Shopper.arriving(browser, stack) as shopper:
        await shopper.context.add_cookies(
            [{"name": "inbox", "value": _config(stack, shopper), "url": next_shop}]
        )
        first = await shopper.post(title="De otra tienda")
        page = await shopper.open_url(next_shop)
        await expect(_bell(page)).to_have_text("1")
        await _bell(page).click()
        item = _item(page, first)
        await item.hover()
        await item.get_by_role("button", name="Marcar como leída").click()
        await expect(page.get_by_test_id("host-unread")).to_have_text("0")
        await page.keyboard.press("Escape")

        # Next's router follows the link: the page changes without a reload, and the inbox stays.
        await page.evaluate("window.isSamePage = true")
        second = await shopper.post(title="Otra vez", action_url="/orders/7")
        toast = _toast(page, second)
        await toast.get_by_role("link").click()
        await expect(page.get_by_role("heading", name="Order 7")).to_be_visible()
        assert await page.evaluate("window.isSamePage")
        await expect(page.get_by_test_id("host-unread")).to_have_text("0")


async def test_the_core_works_without_react(browser: Browser, stack: Launcher, shop: str) -> None:
    async with _visiting(browser, stack, f"{shop}/plain/dist/", is_old=True) as (shopper, page):
        await shopper.post(title="Sin React")
        await expect(page.get_by_test_id("bell")).to_have_text("1")
        await page.get_by_text("Sin React").click()
        await expect(page.get_by_test_id("bell")).to_have_text("0")


async def test_the_web_component_works_without_react(
    browser: Browser, stack: Launcher, shop: str
) -> None:
    async with _visiting(browser, stack, f"{shop}/element/dist/") as (shopper, page):
        first, second = page.locator("#first"), page.locator("#second")
        posted = await shopper.post(title="En otra página", action_url="/orders/1")
        await expect(_bell(first)).to_have_text("1")
        await expect(_bell(second)).to_have_text("1")

        await _bell(first).click()
        item = _item(first, posted)
        await item.get_by_role("link").click()
        await expect(first).to_have_attribute("data-href", "/orders/1")
        await _bell(first).click()  # the inbox closes when the page changes
        await expect(item).to_have_attribute("data-read", "true")
        await expect(_bell(second)).to_have_text("")
        await expect(second).to_have_attribute("data-unread", "0")
        background = await first.get_by_role("dialog").evaluate(
            "popover => getComputedStyle(popover).backgroundColor"
        )
        assert background != "rgba(0, 0, 0, 0)", "the shadow root has the whole design"

        # A new token of the same user changes nothing that the shopper sees.
        await first.evaluate(
            "(element, token) => { element.token = token; }", shopper.signed_in()["token"]
        )
        later = await shopper.post(title="Con otro token")
        await expect(first.locator(f'[data-id="{later}"]')).to_be_visible()
        # If a page has two inboxes of one user, only one shows arrivals as toasts.
        await expect(second).to_have_attribute("data-unread", "1")
        await expect(second.locator("div[data-id]")).to_have_count(0)
        await expect(first.get_by_text("Nueva notificación: Con otro token")).to_have_count(1)
        await expect(second.get_by_text("Con otro token")).to_have_count(0)

        await first.evaluate("element => { window.taken = element; element.remove(); }")
        await shopper.post(title="Mientras tanto")
        await expect(_bell(second)).to_have_text("2")
        await page.evaluate("document.body.append(window.taken)")
        await expect(_bell(first)).to_have_attribute("aria-expanded", "false")
        await expect(first).to_have_attribute("data-unread", "2")
        await _give_to_another_user(browser, stack, first)
        await expect(second).to_have_attribute("data-unread", "2")


async def _give_to_another_user(browser: Browser, stack: Launcher, element: Locator) -> None:
    """Give the element another user's token. It must show nothing of the former user any more."""
    async with Shopper.arriving(browser, stack) as other:
        await other.post(title="De otra persona")
        await element.evaluate(
            "(element, token) => { element.token = token; }", other.signed_in()["token"]
        )
        await expect(element).to_have_attribute("data-unread", "1")
        await _bell(element).click()
        await expect(element.locator("li[data-id]")).to_have_count(1)
        await expect(element.get_by_text("De otra persona")).to_be_visible()
