"""The open inbox stays complete when something fails, and shows the shopper what failed."""

import asyncio
import re
from typing import Any

from playwright.async_api import Browser, Route, expect

from tests.acceptance.shopper import Shopper, item, open_inbox, press, until_shown
from tests.services.launcher import Launcher

_API = "**/v1/**"


async def test_an_action_is_sent_once_the_api_is_back(browser: Browser, stack: Launcher) -> None:
    async with Shopper.arriving(browser, stack) as shopper:
        shopper.expected.append("ERR_CONNECTION_REFUSED")
        first = await shopper.post(title="Aviso")
        page = await shopper.open()
        await open_inbox(page)
        await page.route(_API, lambda route: route.abort("connectionrefused"))
        await press(page, first, "mark-read")
        await expect(item(page, first)).to_have_attribute("data-read", "true")
        await expect(page.get_by_test_id("unsent")).to_contain_text("1 cambio sin guardar")
        await page.unroute(_API)
        # Do not click the notice's button: the inbox retries by itself, so the button may be gone.
        await expect(page.get_by_test_id("unsent")).to_have_count(0, timeout=60_000)
        assert (await shopper.listed())[0]["read_at"] is not None


async def test_a_refused_action_is_undone_with_a_message(browser: Browser, stack: Launcher) -> None:
    async with Shopper.arriving(browser, stack) as shopper:
        shopper.expected.append("403")
        first = await shopper.post(title="Aviso")
        page = await shopper.open()
        await open_inbox(page)
        await expect(item(page, first)).to_have_count(1)
        problem = {"title": "Forbidden", "status": 403, "detail": "not today"}
        await page.route(_API, lambda route: route.fulfill(status=403, json=problem))
        await press(page, first, "mark-read")
        alert = page.get_by_test_id("problem")
        await expect(alert).to_contain_text("No se ha podido marcar como leída")
        await expect(alert).to_contain_text("No está permitido")
        await expect(item(page, first)).to_have_attribute("data-read", "false")


async def test_nothing_is_lost_when_instances_leave_and_join(
    browser: Browser, stack: Launcher
) -> None:
    async with Shopper.arriving(browser, stack) as shopper:
        shopper.expected.append("WebSocket connection")
        # HAProxy connects the tabs to different instances.
        tab, other_tab = await shopper.open(), await shopper.open()
        sent = [await shopper.post(title="Aviso 0")]
        for page in (tab, other_tab):
            await open_inbox(page)
        for count in (1, 2):
            assert (await stack.scale(count))[0] == 0
            sent.append(await shopper.post(title=f"Con {count}"))
        for page in (tab, other_tab):
            await expect(item(page, sent[-1])).to_have_count(1)
            await until_shown(page, sent[::-1])
            state = page.get_by_test_id("connection-state")
            await expect(state).to_have_attribute("data-state", "online")


async def test_a_part_of_the_page_that_did_not_load_can_be_retried(
    browser: Browser, stack: Launcher
) -> None:
    async with Shopper.arriving(browser, stack, language="en") as shopper:
        shopper.expected += ["ERR_FAILED", "Failed to fetch dynamically imported module"]
        sent = await shopper.post(title="Aviso")
        parts = ("**/assets/NotificationInbox-*.js", "**/assets/en-*.js")
        for part in parts:
            await shopper.context.route(part, lambda route: route.abort())
        page = await shopper.open()
        await page.get_by_test_id("bell").click()
        # Without the English texts, the page falls back to Spanish.
        inbox = page.get_by_label("Notificaciones", exact=True)
        alert = inbox.get_by_role("alert")
        await expect(alert).to_be_visible()
        for part in parts:
            await shopper.context.unroute(part)
        await alert.get_by_role("button", name="Reintentar").click()
        await expect(item(page, sent)).to_be_visible()


async def test_a_batch_of_a_thousand_notifications_is_listed_in_order_without_repeats(
    browser: Browser, stack: Launcher
) -> None:
    async with Shopper.arriving(browser, stack) as shopper:
        page = await shopper.open()
        await open_inbox(page)
        await expect(page.get_by_test_id("list-empty")).to_be_visible()
        sent = await shopper.post_batch([{"title": f"Aviso {n}"} for n in range(1000)])
        await expect(page.get_by_test_id("filter-unread")).to_contain_text("1.000")
        await expect(item(page, sent[-1])).to_have_attribute("aria-posinset", "1")
        shown: list[str] = await page.evaluate(_WALK)
        assert shown == sent[::-1], "each must be listed once, newest first"


#: Scrolls to the end and returns the ids of all items on the way.
_WALK = """async () => {
  const list = document.querySelector('[role=tabpanel]');
  const seen = new Map();
  const frame = () => new Promise(requestAnimationFrame);
  const isMore = () => document.querySelector('[data-testid=load-more]') !== null;
  for (let still = 0; still < 20 || (isMore() && still < 600); ) {
    for (const item of list.querySelectorAll('[data-id]'))
      seen.set(Number(item.getAttribute('aria-posinset')), item.dataset.id);
    const before = list.scrollTop;
    list.scrollTop += list.clientHeight;
    await frame();
    still = list.scrollTop === before ? still + 1 : 0;
  }
  return [...seen].sort(([a], [b]) => a - b).map(([, id]) => id);
}"""


async def test_on_a_slow_network_the_list_says_that_it_is_loading(
    browser: Browser, stack: Launcher
) -> None:
    async with Shopper.arriving(browser, stack) as shopper:
        first = await shopper.post(title="Aviso")
        page = await shopper.open()
        await open_inbox(page)  # loads the inbox's code before the network becomes slow
        devtools = await shopper.context.new_cdp_session(page)
        slow = {"offline": False, "latency": 400, "downloadThroughput": 50_000}
        await devtools.send(
            "Network.emulateNetworkConditions", {**slow, "uploadThroughput": 50_000}
        )
        is_seen_loading = asyncio.Event()

        async def hold(route: Route) -> None:
            await is_seen_loading.wait()
            await route.continue_()

        await page.route(re.compile("status=archived"), hold)
        await page.get_by_test_id("filter-archived").click()
        await expect(page.get_by_test_id("list-loading")).to_be_visible()
        is_seen_loading.set()
        await expect(page.get_by_test_id("list-empty")).to_be_visible()
        await page.get_by_test_id("filter-all").click()
        second = await shopper.post(title="En directo")
        await expect(item(page, second)).to_have_count(1)
        await until_shown(page, [second, first])


async def test_a_token_is_renewed_on_the_open_connection(browser: Browser, stack: Launcher) -> None:
    async with Shopper.arriving(browser, stack, token_lifetime=4) as shopper:
        sign_ins: list[Any] = []
        shopper.context.on(
            "request", lambda sent: sign_ins.append(1) if "sign-in" in sent.url else None
        )
        page = await shopper.open()
        sockets: list[Any] = []
        page.on("websocket", lambda _: sockets.append(1))
        while len(sign_ins) < 3:
            await page.wait_for_event("request", lambda sent: "sign-in" in sent.url)
        first = await shopper.post(title="Aviso")
        await open_inbox(page)
        await expect(item(page, first)).to_have_count(1)
        assert sockets == [], "the first connection must stay open"


async def test_a_refused_token_is_reported_and_can_be_renewed(
    browser: Browser, stack: Launcher
) -> None:
    async with Shopper.arriving(browser, stack, token_lifetime=-60) as shopper:
        shopper.expected += ["401", "WebSocket"]
        page = await shopper.open(online=False)
        await open_inbox(page)
        notice = page.get_by_test_id("connection-notice")
        await expect(notice).to_contain_text("Tu sesión no es válida")
        shopper.token_lifetime = 3600
        await notice.get_by_role("button").click()
        await expect(page.get_by_test_id("list-empty")).to_be_visible()
        await expect(notice).to_have_count(0)


async def test_a_shopper_whose_sessions_were_ended_is_told_so(
    browser: Browser, stack: Launcher
) -> None:
    async with Shopper.arriving(browser, stack) as shopper:
        shopper.expected.append("401")
        page = await shopper.open()
        old = shopper.signed_in()
        await shopper.context.route("**/api/sign-in", lambda route: route.fulfill(json=old))
        await shopper.end_sessions()
        state = page.get_by_test_id("connection-state")
        await expect(state).to_have_attribute("data-state", "refused")
        banner = page.get_by_test_id("connection-notice")
        await expect(banner).to_contain_text("Tu sesión no es válida")
        await page.context.unroute("**/api/sign-in")
        new = shopper.signed_in()
        await shopper.context.route("**/api/sign-in", lambda route: route.fulfill(json=new))
        await banner.get_by_role("button").click()
        await expect(state).to_have_attribute("data-state", "online")
