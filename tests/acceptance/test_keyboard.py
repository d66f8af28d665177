"""The inbox can be used by keyboard alone."""

from playwright.async_api import Browser, Locator, Page, expect

from tests.acceptance.shopper import Shopper, item
from tests.services.launcher import Launcher


async def _tab_to(page: Page, element: Locator) -> None:
    for _ in range(20):
        await page.keyboard.press("Tab")
        if await element.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"Tab does not reach {element}")


async def test_every_action_works_by_keyboard(browser: Browser, stack: Launcher) -> None:
    async with Shopper.arriving(browser, stack) as shopper:
        sent = [await shopper.post(title=f"Aviso {n}") for n in range(40)]
        page = await shopper.open()
        newest, second, last = (item(page, sent[n]) for n in (-1, 1, 0))
        bell = page.get_by_test_id("bell")
        await _tab_to(page, bell)
        await page.keyboard.press("Enter")
        await expect(newest).to_be_visible()
        await _tab_to(page, newest)
        await page.keyboard.press("End")
        await expect(last).to_be_attached()  # the next page loads near the end of the list
        await page.keyboard.press("End")
        await expect(last).to_be_focused()
        await page.keyboard.press("ArrowUp")
        await expect(second).to_be_focused()
        await page.keyboard.press("u")
        await expect(second).to_have_attribute("data-read", "true")
        await page.keyboard.press("e")
        await expect(second).to_have_count(0)
        await expect(last).to_be_focused()
        await _tab_to(page, page.get_by_test_id("undo"))
        await page.keyboard.press("Enter")
        await expect(second).to_be_focused()
        await page.keyboard.press("Home")
        await expect(newest).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(page.get_by_test_id("inbox")).to_have_count(0)
        await expect(bell).to_be_focused()
