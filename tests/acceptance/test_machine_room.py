"""The machine room's page, in a browser, on the whole stack."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from playwright.async_api import Browser, Locator, Page, expect

from tests.acceptance.axe import findings
from tests.acceptance.shopper import Shopper
from tests.services.launcher import Launcher
from tests.services.shopper import Shopper as Client
from tests.services.tokens import sign

_ORDER = str(uuid4().int)[:8]


async def test_a_visitor_sees_for_whom_an_offset_waits_and_what_became_of_an_order(
    stack: Launcher, browser: Browser
) -> None:
    secret = (stack.data / "jwt-secret").read_text().strip()
    token = sign(secret, sub="visitor", scope="notifications:read")
    async with Shopper.arriving(browser, stack, language="en") as shopper:
        silent = Client(shopper.user, f"http://localhost:{stack.delivery_ports[0]}", acking=False)
        await silent.connect(sign(secret, sub=shopper.user))
        async with _room(shopper) as page:
            await _needs_a_token(page)
            await page.get_by_label("Token").fill(token)
            await page.get_by_role("button", name="Enter").click()
            await expect(page.get_by_test_id("connection")).to_contain_text("Live")
            assert token not in page.url

            created = await shopper.post(title="On its way", body="Soon", data={"order_id": _ORDER})
            lane = await _waiting_lane(page)
            masked = f"{shopper.user[0]}•••{shopper.user[-1]}"
            await expect(lane).to_contain_text(f"Waits for {masked} to acknowledge offset")
            await expect(lane).to_contain_text(re.compile(r"\d:\d\d"))
            assert shopper.user not in await page.content()
            assert await findings(page) == []
            mark = lane.locator("[class*=tag]")
            before = int(await mark.inner_text())

            silent.start_acking()
            await expect(lane).to_have_attribute("data-status", re.compile("rest|moving"))
            await expect(mark).to_have_text(str(before + 1))

            await _tells_the_life(page, created)
        await silent.disconnect()


@asynccontextmanager
async def _room(shopper: Shopper) -> AsyncIterator[Page]:
    page = await shopper.open_url(f"http://localhost:{shopper.stack.ports['CONSOLE_PORT']}/")
    yield page
    await page.close()


async def _needs_a_token(page: Page) -> None:
    await expect(page.get_by_test_id("door")).to_contain_text("notifications:read")
    await expect(page.get_by_test_id("river")).to_have_count(0)
    assert await findings(page) == []


async def _waiting_lane(page: Page) -> Locator:
    waiting = page.locator('li[data-status="waiting"]')
    await expect(waiting).to_have_count(1)
    name = await waiting.get_attribute("data-testid")
    return page.get_by_test_id(str(name))


async def _tells_the_life(page: Page, notification_id: str) -> None:
    """Search for the order at the width of a phone, and check its life up to the commit."""
    await page.set_viewport_size({"width": 390, "height": 800})
    search = page.get_by_label("Search for a notification")
    await search.fill(_ORDER)
    await search.press("Enter")
    await page.get_by_role("link", name="On its way").click()
    await expect(page).to_have_url(re.compile(f"#/n/{notification_id}$"))
    timeline = page.get_by_test_id("timeline")
    for step in ("created", "logged", "pushed", "acknowledged", "delivered", "committed"):
        row = timeline.locator(f'[data-step="{step}"][data-is="done"]')
        await expect(row.locator("time")).to_have_count(1)
    await expect(timeline.locator('[data-step="read"]')).to_have_attribute("data-is", "next")
    await expect(page.get_by_text("notification.created", exact=True)).to_be_visible()
    overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert overflow <= 0
    assert await findings(page) == []
