"""The findings of axe-core on a page, with the library of the front end's own tests."""

from typing import Any

from playwright.async_api import Page

from deploy.local.paths import ROOT

_SOURCE = (ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js").read_text()
_RUN = """() => axe.run(document, {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
})"""


async def findings(page: Page) -> list[str]:
    """Return the findings. The debugger injects axe-core: the page's policy forbids scripts."""
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(_SOURCE)
    result: dict[str, Any] = await page.evaluate(_RUN)
    return [
        f"{each['id']}: {each['help']}: {[node['html'][:120] for node in each['nodes']][:3]}"
        for each in result["violations"]
    ]
