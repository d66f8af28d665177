"""A browser that forces its own colours, for people who see little, still shows every state."""

from collections.abc import Awaitable

from playwright.async_api import Browser, Locator, Page, expect

from tests.acceptance.shopper import Shopper, open_inbox
from tests.services.launcher import Launcher


async def test_states_do_not_depend_on_backgrounds(browser: Browser, stack: Launcher) -> None:
    async with Shopper.arriving(browser, stack) as shopper:
        await shopper.create(title="Pedido despachado")
        page = await shopper.open()
        await page.emulate_media(forced_colors="active", reduced_motion="reduce")
        await open_inbox(page)
        dot = page.get_by_test_id("unread-dot")
        await _changes_looks(page, dot, dot.evaluate("dot => { dot.style.opacity = 0 }"))
        await page.get_by_role("button", name="Preferencias de avisos").click()
        switch = page.get_by_role("switch", name="Sonido")
        await _changes_looks(page, switch.locator("[aria-hidden]"), switch.click())
        await expect(switch).to_be_checked()
        shopper.expected.append("ERR_INTERNET_DISCONNECTED")
        dot = page.get_by_test_id("connection-state").locator("[aria-hidden]")
        await _changes_looks(page, dot, _go_offline(page))


async def _go_offline(page: Page) -> None:
    await page.context.set_offline(True)
    await expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "offline")


async def _changes_looks(page: Page, element: Locator, change: Awaitable[None]) -> None:
    before = await _picture(page, element)
    await change
    assert await _picture(page, element) != before, f"{element} looks the same"


async def _picture(page: Page, element: Locator) -> bytes:
    """Take a picture of the element, without the pointer or the focus on it."""
    await page.mouse.move(0, 0)
    await page.get_by_role("heading", level=2, name="Notificaciones").focus()
    return await element.screenshot()
