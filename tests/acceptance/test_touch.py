"""The inbox can be used with a finger on a phone."""

from collections.abc import Sequence

from playwright.async_api import Browser, Locator, Page, expect

from tests.acceptance.shopper import Shopper, item, open_inbox
from tests.services.launcher import Launcher

#: Returns the buttons that are too small for a finger, except the title's: it receives the taps on
#: its whole item.
_TOO_SMALL = """() => [...document.querySelectorAll(
    "[class^='ninbox-'] button, button[class^='ninbox-']")]
  .filter(button => !button.matches('[data-cover]') && button.checkVisibility())
  .map(button => [button.textContent || button.ariaLabel, button.getBoundingClientRect()])
  .filter(([, { width, height }]) => width < 39.9 || height < 39.9)
  .map(([name, { width, height }]) => `${name}: ${width} by ${height}`)"""
_AT_REST = "() => Promise.all(document.getAnimations().map(animation => animation.finished))"
_NEXT_FRAME = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
_BACKGROUND = "row => getComputedStyle(row).backgroundColor"
_CLEAR = "rgba(0, 0, 0, 0)"


async def _centre(element: Locator) -> tuple[float, float]:
    box = await element.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def _swipe(page: Page, start: tuple[float, float], by: Sequence[float]) -> None:
    """Drag a finger in steps, with the events that a touch screen would send."""
    (x, y), (right, down) = start, by
    session = await page.context.new_cdp_session(page)
    places = [{"x": x + right * step / 4, "y": y + down * step / 4} for step in range(5)]
    for kind, points in [
        ("touchStart", places[:1]),
        *(("touchMove", [place]) for place in places[1:]),
        ("touchEnd", []),
    ]:
        await session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    await session.detach()


async def _until_faded(page: Page) -> None:
    """Wait until the toasts that are gone have faded out. They begin to fade in the next frame."""
    await page.evaluate(_NEXT_FRAME)
    await expect(page.get_by_test_id("toasts").locator("[inert]")).to_have_count(0)


async def _covers(toast: Locator, place: tuple[float, float]) -> bool:
    box = await toast.bounding_box()
    assert box is not None
    x, y = place[0] - box["x"], place[1] - box["y"]
    return 0 <= x <= box["width"] and 0 <= y <= box["height"]


async def test_toasts_keep_off_the_finger_and_are_swiped_away(
    browser: Browser, stack: Launcher
) -> None:
    async with Shopper.arriving(browser, stack, width=390, has_touch=True) as shopper:
        page = await shopper.open()
        toast = page.get_by_test_id("toast")
        await shopper.post(title="Primero", action_url="/offers")
        await expect(toast).to_have_text("Primero")
        x, y = await _centre(toast)
        place = (x - 130, y)  # over the greeting, beside the button to sign out
        await _swipe(page, place, (-40, 0))
        await expect(toast).to_have_count(1)
        await _swipe(page, place, (120, 0))
        await expect(toast).to_have_count(0)
        assert await page.evaluate("[location.pathname, scrollY]") == ["/", 0]

        # Tap where the next toast would appear. It must then appear elsewhere.
        await _until_faded(page)
        await page.touchscreen.tap(*place)
        await shopper.post(title="Segundo")
        await expect(toast).to_be_visible()
        assert not await _covers(toast, place)
        second = await _centre(toast)
        await shopper.post(title="Tercero", action_url="/offers")
        await expect(toast).to_have_text("Tercero")  # one at a time
        await expect(page.get_by_test_id("toasts-more")).to_have_text("y 1 más")
        assert not await _covers(toast, place)
        assert await page.evaluate(_TOO_SMALL) == []
        await _until_faded(page)
        await page.touchscreen.tap(*second)
        await expect(page.get_by_role("heading", name="Tazas Alba")).to_be_focused()
        await expect(toast).to_have_count(0)


async def test_the_sheet_works_with_a_finger(browser: Browser, stack: Launcher) -> None:
    async with Shopper.arriving(browser, stack, width=390, has_touch=True) as shopper:
        lost = await shopper.post(title="Rebajas de ayer", body="x " * 200, action_url="/sales/1")
        page = await shopper.open()
        sheet, row = page.get_by_test_id("inbox"), item(page, lost)
        await open_inbox(page)
        await page.get_by_test_id("open-settings").tap()
        await row.get_by_test_id("unfold").tap()
        assert await page.evaluate(_TOO_SMALL) == []
        assert await row.evaluate(_BACKGROUND) == _CLEAR, "a tap must not leave the row tinted"

        # The host has no page for this link. The sheet stays open, and Back still closes it.
        await row.get_by_role("link").tap()
        await expect(row.get_by_role("alert")).to_have_text("Esta página ya no está disponible.")
        await expect(row).to_be_focused()
        await expect(row).to_have_attribute("data-read", "false")
        await page.go_back()
        await expect(sheet).to_have_count(0)
        await expect(page.get_by_test_id("bell")).to_be_focused()
        assert page.url == f"{stack.ui}/"

        await open_inbox(page)
        await page.touchscreen.tap(20, 20)  # outside the sheet
        await expect(sheet).to_have_count(0)
        await open_inbox(page)
        await page.evaluate(_AT_REST)
        await _swipe(page, await _centre(sheet.get_by_role("heading", level=2)), (0, 200))
        await expect(sheet).to_have_count(0)
        assert page.url == f"{stack.ui}/"
