"""The tabs of one shopper stay in step, online and offline, and no action is lost."""

import re

from playwright.async_api import Browser, Request, WebSocket, expect

from tests.acceptance.shopper import Shopper, item, open_inbox, press, until_shown
from tests.services.launcher import Launcher
from tests.services.waiting import eventually

_OFFLINE_ERRORS = ["ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "WebSocket connection"]


async def _until_listed(shopper: Shopper, status: str, ids: list[str]) -> None:
    """Wait until the API lists exactly these notifications, newest first."""

    async def is_listed() -> bool:
        return [listed["id"] for listed in await shopper.listed(status)] == ids

    await eventually(is_listed)


async def test_an_action_in_one_tab_shows_in_the_other(browser: Browser, stack: Launcher) -> None:
    async with Shopper.arriving(browser, stack) as shopper:
        tab, other_tab = await shopper.open(), await shopper.open()
        first, second, third = [await shopper.post(title=f"Aviso {n}") for n in (1, 2, 3)]
        for page in (tab, other_tab):
            await expect(page.get_by_test_id("badge")).to_have_text("3")
        await open_inbox(tab)
        await expect(other_tab.get_by_test_id("badge")).to_have_count(0)
        await open_inbox(other_tab)
        for page in (tab, other_tab):
            await until_shown(page, [third, second, first])
        await press(tab, first, "mark-read")
        await expect(item(other_tab, first)).to_have_attribute("data-read", "true")
        await press(other_tab, second, "archive")
        await expect(item(tab, second)).to_have_count(0)
        await other_tab.get_by_test_id("undo").click()
        await expect(item(tab, second)).to_have_count(1)
        await tab.get_by_test_id("mark-all-read").click()
        await expect(other_tab.get_by_test_id("mark-all-read")).to_be_disabled()
        await _until_listed(shopper, "unread", [])


async def test_offline_actions_show_at_once_in_all_tabs_and_are_sent_later(
    browser: Browser, stack: Launcher
) -> None:
    async with Shopper.arriving(browser, stack) as shopper:
        shopper.expected += _OFFLINE_ERRORS
        first, second = [await shopper.post(title=f"Aviso {n}") for n in (1, 2)]
        tab, other_tab = await shopper.open(), await shopper.open()
        for page in (tab, other_tab):
            await open_inbox(page)
            await expect(page.get_by_test_id("notification")).to_have_count(2)
        await shopper.context.set_offline(True)
        await press(tab, first, "mark-read")
        await press(tab, second, "archive")
        await press(tab, first, "mark-unread")
        await press(tab, first, "mark-read")
        await expect(tab.get_by_test_id("unsent")).to_contain_text("4 cambios sin guardar")
        await expect(item(other_tab, first)).to_have_attribute("data-read", "true")
        await expect(item(other_tab, second)).to_have_count(0)
        assert [listed["read_at"] for listed in await shopper.listed()] == [None, None]
        missed = await shopper.post(title="Mientras tanto")
        await shopper.context.set_offline(False)
        for page in (tab, other_tab):
            await expect(page.get_by_test_id("unsent")).to_have_count(0)
            await expect(item(page, missed)).to_have_count(1)
            await until_shown(page, [missed, first])
        await _until_listed(shopper, "archived", [second])
        await _until_listed(shopper, "unread", [missed])


async def test_unsent_actions_of_a_closed_tab_are_sent_by_another(
    browser: Browser, stack: Launcher
) -> None:
    async with Shopper.arriving(browser, stack) as shopper:
        shopper.expected += _OFFLINE_ERRORS
        first, second = [await shopper.post(title=f"Aviso {n}") for n in (1, 2)]
        tab, other_tab = await shopper.open(), await shopper.open()
        await open_inbox(tab)
        await open_inbox(other_tab)
        await expect(item(tab, second)).to_have_count(1)
        await tab.route("**/v1/**", lambda route: route.abort())
        await press(tab, second, "archive")
        await expect(tab.get_by_test_id("unsent")).to_have_count(1)
        await expect(item(other_tab, second)).to_have_count(0)
        await tab.close()
        await _until_listed(shopper, "archived", [second])
        await until_shown(other_tab, [first])


async def test_unsent_actions_are_sent_after_a_reload(browser: Browser, stack: Launcher) -> None:
    async with Shopper.arriving(browser, stack) as shopper:
        shopper.expected += _OFFLINE_ERRORS
        first = await shopper.post(title="Aviso")
        page = await shopper.open()
        await open_inbox(page)
        await expect(item(page, first)).to_have_count(1)
        await page.route("**/v1/**", lambda route: route.abort())
        await press(page, first, "archive")
        await expect(page.get_by_test_id("unsent")).to_have_count(1)
        await page.unroute("**/v1/**")
        await page.reload()
        await _until_listed(shopper, "archived", [first])
        await open_inbox(page)
        await expect(page.get_by_test_id("list-empty")).to_be_visible()


async def test_a_burst_to_six_tabs_opens_one_socket_each(browser: Browser, stack: Launcher) -> None:
    async with Shopper.arriving(browser, stack) as shopper:
        sockets, lists = 0, 0

        def count_socket(_: WebSocket) -> None:
            nonlocal sockets
            sockets += 1

        def count_list(request: Request) -> None:
            nonlocal lists
            lists += request.method == "GET" and "/notifications?" in request.url

        shopper.context.on("page", lambda page: page.on("websocket", count_socket))
        shopper.context.on("request", count_list)
        tabs = [await shopper.open() for _ in range(6)]
        await open_inbox(tabs[-1])
        before = lists
        burst = [{"title": f"Aviso {n}"} for n in range(300)]
        for start in range(0, 300, 100):
            await shopper.post_batch(burst[start : start + 100])
        for tab in tabs:
            await expect(tab.get_by_test_id("bell")).to_have_accessible_name(re.compile(r"\b300\b"))
        assert sockets == 6
        # A tab may ask for the counts again. If it reloaded its whole list, it would need ten
        # requests.
        assert lists - before <= 2 * len(tabs)

        async def are_delivered() -> bool:
            return all(item["delivered_at"] for item in await shopper.listed())

        await eventually(are_delivered)
