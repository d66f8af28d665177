"""Several tabs of one shopper, online and offline, show the same, and lose no action."""

from playwright.async_api import Browser, expect

from tests.acceptance.shopper import Shopper, item, open_inbox, press, shows
from tests.services.launcher import Launcher
from tests.services.waiting import eventually

_CUT = ["ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "WebSocket connection"]


async def _until_listed(shopper: Shopper, status: str, wanted: list[str]) -> None:
    """Wait until the API lists exactly these."""

    async def are_listed() -> bool:
        return [each["id"] for each in await shopper.listed(status)] == wanted

    await eventually(are_listed)


async def test_an_action_in_one_tab_shows_in_the_other(browser: Browser, stack: Launcher) -> None:
    async with Shopper.arriving(browser, stack) as shopper:
        one, other = await shopper.open(), await shopper.open()
        first, second, third = [await shopper.post(title=f"Aviso {n}") for n in (1, 2, 3)]
        for page in (one, other):
            await expect(page.get_by_test_id("badge")).to_have_text("3")
        await open_inbox(one)
        await expect(other.get_by_test_id("badge")).to_have_count(0)
        await open_inbox(other)
        for page in (one, other):
            await shows(page, [third, second, first])
        await press(one, first, "mark-read")
        await expect(item(other, first)).to_have_attribute("data-read", "true")
        await press(other, second, "archive")
        await expect(item(one, second)).to_have_count(0)
        await other.get_by_test_id("undo").click()
        await expect(item(one, second)).to_have_count(1)
        await one.get_by_test_id("mark-all-read").click()
        await expect(other.get_by_test_id("mark-all-read")).to_be_disabled()
        await _until_listed(shopper, "unread", [])


async def test_offline_actions_show_in_all_tabs_at_once_and_are_sent_later(
    browser: Browser, stack: Launcher
) -> None:
    async with Shopper.arriving(browser, stack) as shopper:
        shopper.expected += _CUT
        first, second = [await shopper.post(title=f"Aviso {n}") for n in (1, 2)]
        one, other = await shopper.open(), await shopper.open()
        for page in (one, other):
            await open_inbox(page)
            await expect(page.get_by_test_id("notification")).to_have_count(2)
        await shopper.context.set_offline(True)
        await press(one, first, "mark-read")
        await press(one, second, "archive")
        await press(one, first, "mark-unread")
        await press(one, first, "mark-read")
        await expect(one.get_by_test_id("unsent")).to_contain_text("4 cambios sin guardar")
        await expect(item(other, first)).to_have_attribute("data-read", "true")
        await expect(item(other, second)).to_have_count(0)
        assert [each["read_at"] for each in await shopper.listed()] == [None, None]
        missed = await shopper.post(title="Mientras tanto")
        await shopper.context.set_offline(False)
        for page in (one, other):
            await expect(page.get_by_test_id("unsent")).to_have_count(0)
            await expect(item(page, missed)).to_have_count(1)
            await shows(page, [missed, first])
        await _until_listed(shopper, "archived", [second])
        await _until_listed(shopper, "unread", [missed])


async def test_unsent_actions_of_a_closed_tab_are_sent_by_another(
    browser: Browser, stack: Launcher
) -> None:
    async with Shopper.arriving(browser, stack) as shopper:
        shopper.expected += _CUT
        first, second = [await shopper.post(title=f"Aviso {n}") for n in (1, 2)]
        one, other = await shopper.open(), await shopper.open()
        await open_inbox(one)
        await open_inbox(other)
        await expect(item(one, second)).to_have_count(1)
        await one.route("**/v1/**", lambda route: route.abort())
        await press(one, second, "archive")
        await expect(one.get_by_test_id("unsent")).to_have_count(1)
        await expect(item(other, second)).to_have_count(0)
        await one.close()
        await _until_listed(shopper, "archived", [second])
        await shows(other, [first])


async def test_unsent_actions_are_sent_after_a_reload(browser: Browser, stack: Launcher) -> None:
    async with Shopper.arriving(browser, stack) as shopper:
        shopper.expected += _CUT
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
