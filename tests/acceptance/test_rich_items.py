"""Notifications with pictures and actions, and notifications that the shop withdraws."""

from playwright.async_api import Browser, Locator, Page, expect

from tests.acceptance.axe import findings
from tests.acceptance.shopper import Shopper, open_inbox
from tests.services.launcher import Launcher

_PICTURES = "https://img.alma-y-barro.example"
_ACTIONS = [
    {"label": "Cambiar tarjeta", "url": "/orders/1/payment"},
    {"label": "Ver las tazas", "url": "/offers"},
]
_OBSERVE_SHIFTS = """() => {
  window.shifts = [];
  const observer = new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries())
      for (const { node } of sources)
        if (node?.parentElement?.closest('[role=tabpanel]'))
          window.shifts.push([value, node.nodeName]);
  });
  observer.observe({ type: 'layout-shift', buffered: true });
}"""
_IS_SETTLED = """() => {
  const images = [...document.querySelectorAll('[role=tabpanel] img')];
  return images.length === 1 && images.every((image) => image.complete && image.naturalWidth > 0);
}"""
_BACKGROUND = "element => getComputedStyle(element).backgroundColor"


def _item(page: Page, title: str) -> Locator:
    return page.get_by_role("listitem", name=title)


async def test_rich_items_work_and_withdrawn_items_go(browser: Browser, stack: Launcher) -> None:
    async with Shopper.arriving(browser, stack) as shopper:
        shopper.expected.append("404")
        page = await shopper.open()
        await page.wait_for_function("() => navigator.serviceWorker.controller")
        jug = {"image_url": f"{_PICTURES}/jug.svg", "image_alt": "Jarra Alba"}
        lost = {"image_url": f"{_PICTURES}/no-such.svg", "image_alt": "Nada"}
        mistake, wrong, *_ = await shopper.post_batch(
            [
                {"title": "Entregado por error", **jug},
                {"title": "Precio equivocado"},
                {"title": "Sin foto", **lost},
                {"title": "Con foto", **jug},
                {"title": "Con dos botones", "type": "payment.failed", "actions": _ACTIONS},
            ]
        )
        bell = page.get_by_role("button", name="Notificaciones: 5 nuevas")
        await expect(bell).to_be_visible()
        await shopper.withdraw(mistake)
        await expect(page.get_by_role("button", name="Notificaciones: 4 nuevas")).to_be_visible()
        await page.evaluate(_OBSERVE_SHIFTS)
        await open_inbox(page)
        await _check_pictures(page)
        await shopper.withdraw(wrong)
        await expect(_item(page, "Precio equivocado")).to_have_count(0)
        await expect(page.get_by_role("tab", name="Sin leer")).to_have_text("Sin leer3")
        await expect(page.get_by_role("alert").filter(has_text="Precio")).to_have_count(0)
        await _use_actions(page)


async def _check_pictures(page: Page) -> None:
    picture = page.get_by_role("tabpanel").get_by_role("img", name="Jarra Alba")
    await expect(picture).to_be_visible()
    await page.wait_for_function(_IS_SETTLED)
    box = await picture.bounding_box()
    assert box is not None
    assert (round(box["width"]), round(box["height"])) == (36, 36)
    # The icon replaces the picture that does not load. Its alternative text is not shown.
    lost = _item(page, "Sin foto")
    await expect(lost.locator("img")).to_have_count(0)
    await expect(lost.locator("svg").first).to_be_visible()
    assert await page.evaluate("window.shifts") == []
    assert await findings(page) == []


async def _use_actions(page: Page) -> None:
    row = _item(page, "Con dos botones")
    first, second = (row.get_by_role("link", name=action["label"]) for action in _ACTIONS)
    clear = "rgba(0, 0, 0, 0)"
    assert await first.evaluate(_BACKGROUND) != clear, "the first action is the primary one"
    assert await second.evaluate(_BACKGROUND) == clear
    await row.focus()
    title = row.get_by_role("button", name="Con dos botones", exact=True)
    for element in (title, first, second):
        await page.keyboard.press("Tab")
        await expect(element).to_be_focused()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/offers")
    await open_inbox(page)
    await expect(page.get_by_role("tab", name="Sin leer")).to_have_text("Sin leer2")
