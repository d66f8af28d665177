"""The time from the start of a POST until a real browser shows the notification."""

import asyncio
import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
from playwright.async_api import async_playwright

from tests.services.launcher import Launcher
from tests.services.tokens import sign

_COUNT = 100
_CHROMIUM = "/usr/bin/chromium"
# The page records when an item appears. Page and benchmark share this machine's clock.
_WATCH = """() => {
  window.seen = {};
  const recordItems = () => document.querySelectorAll('[data-testid="notification"]')
    .forEach((item) => { window.seen[item.dataset.id] ??= Date.now(); });
  new MutationObserver(recordItems).observe(document.body, { childList: true, subtree: true });
}"""


async def create_to_browser(folder: Path, ports: Iterator[int]) -> dict[str, float]:
    """Return the median and 95th percentile in milliseconds, with the whole stack running.

    Creates one notification at a time.
    """
    stack = Launcher(folder, ports)
    await stack.start()
    try:
        await stack.until_printed("Ctrl-C stops everything")
        milliseconds = await _measure(stack)
    finally:
        await stack.stop(15)
    quantiles = statistics.quantiles(milliseconds, n=20)
    return {"median_ms": statistics.median(milliseconds), "p95_ms": quantiles[18]}


async def _measure(stack: Launcher) -> list[float]:
    secret = (stack.data / "jwt-secret").read_text().strip()
    token = sign(secret, sub="bench", scope="notifications:write")
    api = f"http://localhost:{stack.ports['PRODUCER_API_PORT']}"
    headers = {"Authorization": f"Bearer {token}"}
    milliseconds: list[float] = []
    async with async_playwright() as playwright, httpx.AsyncClient(headers=headers) as client:
        args = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = await playwright.chromium.launch(executable_path=_CHROMIUM, args=args)
        page = await browser.new_page()
        await page.goto(stack.ui)
        await page.get_by_test_id("sign-in-ana").click()
        await page.locator('[data-state="online"]').wait_for()
        await page.get_by_test_id("bell").click()
        await page.evaluate(_WATCH)
        for number in range(_COUNT):
            began = time.time()
            response = await client.post(
                f"{api}/v1/notifications",
                json={"user_id": "ana", "type": "bench", "title": f"Aviso {number}"},
            )
            notification_id = response.raise_for_status().json()["id"]
            seen = await page.wait_for_function("(id) => window.seen[id]", arg=notification_id)
            milliseconds.append(await seen.json_value() - began * 1000)
            await asyncio.sleep(0)
        await browser.close()
    return milliseconds
