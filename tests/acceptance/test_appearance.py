"""Every state of the inbox fits the page and passes the accessibility checks.

The states are shown narrow and wide, each light and dark, in both languages, and from right to
left. With `SCREENSHOTS=1`, each test also takes pictures for people to look at.
"""

import os
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Browser, Page, expect

from tests.acceptance.axe import findings
from tests.acceptance.shopper import Shopper, open_inbox, press
from tests.services.launcher import Launcher

_PAGES = [(360, "es"), (1440, "en")]
if os.environ.get("SCREENSHOTS") == "1":
    _PAGES += [(390, "en"), (768, "es")]
_API = "**/v1/**"
# A change of the colour scheme takes effect in the next frame. It cancels transitions and begins
# others, so wait until none runs. An animation is also cancelled if its element is removed.
_AT_REST = """async () => {
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
  const running = () => document.getAnimations().filter((animation) =>
    animation.playState === 'running' && animation.effect.getTiming().iterations < 9);
  while (running().length > 0)
    await Promise.allSettled(running().map((animation) => animation.finished));
}"""
#: The colour schemes. True means that only the colours of a page are checked in this scheme.
_SCHEMES: tuple[tuple[Literal["light", "dark"], bool], ...] = (("light", False), ("dark", True))
_FITS = "document.documentElement.scrollWidth <= window.innerWidth"


class Album:
    """Checks each state of a page, and saves a picture of it if there is a folder."""

    def __init__(self, page: Page, folder: Path | None, name: str) -> None:
        self._page = page
        self._folder = folder
        self._name = name

    async def take(self, state: str) -> None:
        """In each scheme, check that the page fits and has no findings, and take a picture.

        The schemes differ only in colours, so only these are checked in the second one.
        """
        for scheme, colours_only in _SCHEMES:
            await self._page.emulate_media(color_scheme=scheme)
            # Wait, because colours have less contrast during an animation than at its end.
            await self._page.evaluate(_AT_REST)
            assert await findings(self._page, colours_only=colours_only) == [], (state, scheme)
            assert await self._page.evaluate(_FITS), state
            if self._folder is not None:
                path = self._folder / f"{state}-{self._name}-{scheme}.png"
                await self._page.screenshot(path=path, animations="disabled")


@pytest.mark.parametrize(("width", "language"), _PAGES)
async def test_every_state_fits_and_is_accessible(
    browser: Browser,
    stack: Launcher,
    screenshots: Path | None,
    width: int,
    language: str,
) -> None:
    async with Shopper.arriving(browser, stack, width=width, language=language) as shopper:
        shopper.expected += ["ERR_", "WebSocket connection", "500"]
        page = await shopper.open()
        album = Album(page, screenshots, f"{language}-{width}")
        await open_inbox(page)
        await _empty(page, album)
        await page.get_by_test_id("close-inbox").click()
        await _toasts(page, album, shopper)
        await page.get_by_test_id("bell").click()
        await _filled(page, album)
        await _failing(page, album, shopper)
        await _loading(page, album)


async def _empty(page: Page, album: Album) -> None:
    for name in ("unread", "archived", "all"):
        await page.get_by_test_id(f"filter-{name}").click()
        await expect(page.get_by_test_id("list-empty")).to_be_visible()
        await album.take(f"empty-{name}")
    await page.get_by_test_id("open-settings").click()
    await expect(page.get_by_test_id("alert-settings")).to_be_visible()
    await album.take("settings")
    await page.get_by_test_id("open-settings").click()


async def _toasts(page: Page, album: Album, shopper: Shopper) -> None:
    hostile = "<b>Ñandú</b> \u202egpj.exe 👩‍👩‍👧‍👦 " + "x" * 150
    body = "Llega mañana entre las 9 y las 14 h. "
    for kind, severity, title, text in (
        ("review.asked", "info", "¿Qué te ha parecido la taza?", body),
        ("order.delivered", "success", "تم شحن طلبك", body),
        ("account.login", "warning", hostile, body * 20),
        ("payment.failed", "critical", "El banco ha rechazado el pago", body),
        ("offer.new", "info", "Segunda unidad a mitad de precio", body),
    ):
        await shopper.post(title=title, body=text, type=kind, severity=severity)
    toasts = page.get_by_test_id("toast")
    is_phone = await page.evaluate("innerWidth <= 640")
    await expect(toasts).to_have_count(1 if is_phone else 3)
    await expect(page.get_by_test_id("toasts-more")).to_be_visible()
    await expect(toasts.locator("[data-severity=critical]")).to_be_visible()
    announced = page.get_by_role("alert").filter(has_text="El banco ha rechazado el pago")
    await expect(announced).to_have_count(1)
    assert not await page.evaluate(_OVERLAP, ["toasts", "bell"])
    await toasts.first.hover()
    lines = await page.get_by_test_id("toast").locator("p").evaluate_all(_LINES)
    assert all(count < 2.1 for count in lines), f"title and body may have 2 lines each: {lines}"
    await album.take("toasts")


async def _filled(page: Page, album: Album) -> None:
    items = page.get_by_test_id("notification")
    await expect(items).to_have_count(5)
    await items.nth(1).hover()
    await items.nth(1).get_by_test_id("mark-read").click()
    lines = await items.locator("[data-clamp]").evaluate_all(_LINES)
    assert all(count < 3.1 for count in lines), f"texts may have 3 lines each: {lines}"
    await album.take("list")
    # Only one text is cut. When it is unfolded, all of it is shown, and the button stays in place.
    unfold = page.get_by_test_id("unfold")
    await expect(unfold).to_have_count(1)
    await unfold.click()
    await expect(unfold).to_have_attribute("aria-expanded", "true")
    assert await items.nth(2).locator("p").evaluate("p => p.scrollHeight <= p.clientHeight + 1")
    await album.take("unfolded")
    await unfold.click()
    await items.nth(4).hover()
    await items.nth(4).get_by_test_id("archive").click()
    await expect(page.get_by_test_id("undo")).to_be_visible()
    await album.take("undo")
    await page.get_by_test_id("filter-unread").click()
    await expect(items).to_have_count(3)
    await album.take("unread")
    await page.get_by_test_id("filter-archived").click()
    await expect(items).to_have_count(1)
    await expect(items.get_by_test_id("unread-dot")).to_have_count(0)
    await album.take("archived")
    await page.get_by_test_id("filter-all").click()
    await page.evaluate("document.dir = 'rtl'")
    await album.take("right-to-left")
    await page.evaluate("document.dir = ''")


async def _failing(page: Page, album: Album, shopper: Shopper) -> None:
    await page.route(_API, lambda route: route.abort())
    newest = await page.get_by_test_id("notification").first.get_attribute("data-id")
    assert newest is not None
    await press(page, newest, "mark-read")
    await expect(page.get_by_test_id("unsent")).to_be_visible()
    await album.take("unsent")
    await page.unroute(_API)
    shopper.token_lifetime = -60
    await page.route(_API, lambda route: route.fulfill(status=500, json={}))
    await page.reload()
    await page.get_by_test_id("bell").click()
    await expect(page.get_by_test_id("list-failed")).to_be_visible()
    notice = page.get_by_test_id("connection-notice")
    await expect(notice).to_have_attribute("data-tone", "bad")
    await album.take("refused-and-failed")


async def _loading(page: Page, album: Album) -> None:
    await page.unroute(_API)
    await page.route(_API, lambda _: None)  # the API never answers
    await page.reload()
    await page.get_by_test_id("bell").click()
    await expect(page.get_by_test_id("list-loading")).to_be_visible()
    await album.take("loading")


_OVERLAP = """testIds => {
  const [a, b] = testIds.map(
    testId => document.querySelector(`[data-testid="${testId}"]`).getBoundingClientRect()
  );
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}"""
_LINES = """paragraphs => paragraphs.map(
  text => text.getBoundingClientRect().height / parseFloat(getComputedStyle(text).lineHeight)
)"""
