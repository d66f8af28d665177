"""The host's styles and ours do not affect each other, and opening the inbox shifts nothing."""

from typing import Any

from playwright.async_api import Browser, Page, expect

from deploy.local.paths import ROOT
from tests.acceptance.shopper import Shopper, open_inbox
from tests.services.launcher import Launcher

_STYLES = (ROOT / "frontend" / "src" / "inbox" / "ui" / "theme.css").read_text()
# Our styles undo a host's rules, except those in cascade layers for the paths of our icons. A path
# has no box, so theme.css sets only the properties that could change how it is painted.
_HOSTILE = """
* { box-sizing: content-box; margin: 7px; font-family: fantasy; text-transform: uppercase;
    letter-spacing: 4px; transition: all 3s; border: 0 solid red; }
*::before, *::after { content: 'x'; color: red; }
html { font-size: 10px; }
body { line-height: 3; text-align: center; word-spacing: 9px; cursor: wait; }
button, button:hover, [type='button']:not(:disabled) { background: red; padding: 30px; }
#root button, #root h2 { border: 5px solid red; }
h2, h3, h4 { font-size: 60px; color: red; }
ul, ol, li { list-style: square; padding: 40px; }
a, a:not([href]):not([class]) { color: red; text-decoration: underline; }
svg { display: block; width: 90px; fill: red; } path { stroke: red; stroke-width: 9; }
p, time, span, small { font-size: 40px; } dialog { background: red; padding: 9px; }
section, header, div { background: red; padding: 20px; }
@layer base {
  svg { width: 99px; height: 99px; margin: 9px; padding: 9px; }
  svg, path { display: block; color: red; fill: red; stroke: red; stroke-width: 9;
    stroke-linecap: butt; stroke-linejoin: bevel; stroke-dasharray: 1; opacity: 0.2;
    transform: rotate(9deg); filter: blur(2px); transition: all 3s; visibility: hidden; }
}
"""
_ADOPT = """css => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}"""
# Positions are left out: they depend on where the host's page has the bell, and on its height.
# Custom properties are left out: no host reads ours, and their effects appear in other properties.
_COMPUTED = """selector =>
  [...document.querySelectorAll(selector)].flatMap(element =>
    ['', '::before', '::after'].map(pseudo => {
      const styles = getComputedStyle(element, pseudo);
      const isOmitted = name => /^(--|top|left|right|bottom|inset)/.test(name)
        || (element.tagName === 'DIALOG' && /top|left|right|bottom/.test(name));
      return [element.tagName + pseudo + '.' + element.getAttribute('class')].concat(
        [...styles].filter(name => !isOmitted(name)).map(name => name + ': ' + styles[name])
      );
    }))"""
# Waits for all animations except those that never end, such as that of a loading list.
_AT_REST = """() => Promise.all(
  document.getAnimations()
    .filter((animation) => animation.effect.getTiming().iterations < 9)
    .map((animation) => animation.finished.catch(() => {})),  // cancelled, with its element
)"""
_BELL_INK = """() => {
  document.querySelector('header').style.color = 'rgb(1, 2, 3)';
  return getComputedStyle(document.querySelector('[data-testid=bell] svg')).stroke;
}"""
_OURS = "[class^='ninbox-'], [class^='ninbox-'] *"
_BOXES = """[...document.querySelectorAll('main *, body > div > header *')]
  .filter(element => !element.closest('dialog'))
  .map(element => JSON.stringify(element.getBoundingClientRect()))"""


async def _differences(page: Page, before: list[list[str]], selector: str) -> list[str]:
    after: list[list[str]] = await page.evaluate(_COMPUTED, selector)
    assert len(after) == len(before) > 0
    return [
        f"{old[0]}: {value} became {changed}"
        for old, new in zip(before, after, strict=True)
        for value, changed in zip(old, new, strict=True)
        if value != changed
    ]


async def test_styles_of_the_host_and_ours_stay_apart(browser: Browser, stack: Launcher) -> None:
    async with Shopper.arriving(browser, stack) as shopper:
        await shopper.post(title="Pedido despachado", body="Llega mañana.", action_url="/orders/1")
        await shopper.post(title="Aviso")
        page = await shopper.open()
        # The window is high enough for the whole popover, even below a bell that has moved down.
        await page.set_viewport_size({"width": 1280, "height": 1400})
        await expect(await open_inbox(page)).to_have_count(2)
        await expect(page.get_by_test_id("badge")).to_have_count(0)
        await page.mouse.move(0, 0)
        await page.evaluate(_AT_REST)
        before = await page.evaluate(_COMPUTED, _OURS)
        await page.evaluate(_ADOPT, _HOSTILE)
        assert await page.evaluate("getComputedStyle(document.body).cursor") == "wait"
        # Wait for the host's elements, too, because ours could inherit from them.
        await page.evaluate(_AT_REST)
        assert await _differences(page, before, _OURS) == []
        page = await shopper.context.new_page()
        await page.set_content("<h2>a</h2><p><a href='#'>b</a></p><ul><li>c</ul><button>d</button>")
        before = await page.evaluate(_COMPUTED, "html, html *")
        await page.evaluate(_ADOPT, _STYLES)
        assert await _differences(page, before, "html, html *") == []


async def test_opening_shifts_nothing_and_stays_in_view(browser: Browser, stack: Launcher) -> None:
    for width in (390, 768, 1440):
        async with Shopper.arriving(browser, stack, width=width) as shopper:
            page = await shopper.open()
            assert await page.evaluate(_BELL_INK) == "rgb(1, 2, 3)", "as the header's text"
            boxes = await page.evaluate(_BOXES)
            await open_inbox(page)
            assert await page.evaluate(_BOXES) == boxes
            await page.evaluate(_AT_REST)
            bell, panel = await _box(page, "bell"), await _box(page, "inbox")
            assert panel["x"] >= 0
            assert panel["x"] + panel["width"] <= width
            if width < 640:
                assert round(panel["y"] + panel["height"]) == 800
                assert panel["width"] == width
                await page.go_back()
            else:
                assert 0 < panel["y"] - (bell["y"] + bell["height"]) < 20
                await page.mouse.click(20, 780)
            await expect(page.get_by_test_id("inbox")).to_have_count(0)
            assert page.url == f"{stack.ui}/"
            assert await page.evaluate("history.state") is None
            assert await page.evaluate(_BOXES) == boxes


async def _box(page: Page, test_id: str) -> dict[str, Any]:
    box = await page.get_by_test_id(test_id).bounding_box()
    assert box is not None
    return dict(box)
