"""Runs axe-core on a page of a real browser. The front end's tests use the same version."""

from typing import Any

from playwright.async_api import Page

from deploy.local.paths import ROOT

_SOURCE = (ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js").read_text()
_ALL = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: The rules that depend on colours.
_COLOURS = ["color-contrast", "link-in-text-block"]
# For results other than violations, axe-core need not list the elements, which saves time.
# While an element fades in, its colours have less contrast. Long animations, such as the pulse of a
# placeholder, go on.
_HAVE_ELEMENTS_APPEARED = """() => document.getAnimations().every(({ playState, effect }) =>
  playState !== 'running' || effect.getComputedTiming().endTime > 1_000)"""
_RUN = "only => axe.run(document, { runOnly: only, resultTypes: ['violations'] })"


async def findings(page: Page, *, colours_only: bool = False) -> list[str]:
    """Return axe-core's findings as text, once the elements have appeared.

    Playwright evaluates the library through the debugger, which the page's Content-Security-Policy
    does not block.
    """
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(_SOURCE)
    await page.wait_for_function(_HAVE_ELEMENTS_APPEARED)
    result: dict[str, Any] = await page.evaluate(_RUN, _COLOURS if colours_only else _ALL)
    return [
        f"{violation['id']}: {violation['help']}: "
        f"{[node['html'][:120] for node in violation['nodes']][:3]}"
        for violation in result["violations"]
    ]
