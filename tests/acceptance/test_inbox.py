"""A shopper in a real browser, on the whole stack: the promises of the README."""

from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.async_api import Browser, Page, expect

from tests.services.http import http_client
from tests.services.launcher import Launcher
from tests.services.tokens import sign


async def _sign_in(page: Page, stack: Launcher, shopper: str) -> None:
    await page.goto(stack.ui)
    await page.get_by_test_id(f"sign-in-{shopper}").click()
    await expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "online")


async def _post(stack: Launcher, **fields: object) -> dict[str, object]:
    """Create a notification as an order service does."""
    secret = (stack.data / "jwt-secret").read_text().strip()
    token = sign(secret, sub="orders", scope="notifications:write")
    async with http_client() as client:
        answer = await client.post(
            f"http://localhost:{stack.ports['PRODUCER_API_PORT']}/v1/notifications",
            headers={"Authorization": f"Bearer {token}"},
            json={"type": "order.shipped", **fields},
        )
    assert answer.status_code == 201, answer.text
    created: dict[str, object] = answer.json()
    return created


async def test_a_dispatched_order_appears_without_a_reload(
    page: Page, stack: Launcher, screenshots: Path
) -> None:
    await _sign_in(page, stack, "ana")
    await page.evaluate("window.notReloaded = true")
    await page.get_by_test_id("new-order").click()
    advance = page.get_by_test_id("advance-order").first
    order = page.get_by_test_id("order").first
    for state in ("paid", "shipped"):
        await advance.click()
        await expect(order).to_have_attribute("data-state", state)
    await expect(page.get_by_test_id("badge")).to_have_text("1")
    await page.get_by_test_id("bell").click()
    await expect(page.get_by_test_id("badge")).to_have_count(0)  # the notification has been seen
    items = page.get_by_test_id("notification")
    await expect(items.first).to_contain_text("Pedido despachado")
    await expect(items).to_have_count(1)  # it superseded the earlier notification of the order
    await expect(items.first).to_have_attribute("data-read", "false")
    assert await page.evaluate("window.notReloaded")
    await page.screenshot(path=screenshots / "inbox.png", animations="disabled")


async def test_a_read_notification_stays_read_after_a_reload(page: Page, stack: Launcher) -> None:
    await _sign_in(page, stack, "luis")
    first = await _post(stack, user_id="luis", title="Primero")
    second = await _post(stack, user_id="luis", title="Segundo")
    await expect(page.get_by_test_id("badge")).to_have_text("2")
    await page.get_by_test_id("bell").click()
    unread_count = page.get_by_test_id("filter-unread")
    await expect(unread_count).to_contain_text("2")
    read = page.locator(f'[data-testid="notification"][data-id="{first["id"]}"]')
    await read.get_by_test_id("mark-read").click()
    await expect(read).to_have_attribute("data-read", "true")
    await expect(unread_count).to_contain_text("1")
    await page.reload()
    await page.get_by_test_id("bell").click()
    await expect(unread_count).to_contain_text("1")
    await expect(read).to_have_attribute("data-read", "true")
    unread = page.locator(f'[data-testid="notification"][data-id="{second["id"]}"]')
    await expect(unread).to_have_attribute("data-read", "false")
    await page.get_by_test_id("mark-all-read").click()
    await expect(page.get_by_test_id("mark-all-read")).to_be_disabled()
    await page.reload()
    await page.get_by_test_id("bell").click()
    await expect(page.get_by_test_id("mark-all-read")).to_be_disabled()


async def test_text_is_never_rendered_as_html(page: Page, stack: Launcher) -> None:
    await _sign_in(page, stack, "carmen")
    title = "<img src=x onerror=alert(1)><b>negrita</b>"
    await _post(stack, user_id="carmen", title=title, body="<script>alert(2)</script>")
    await page.get_by_test_id("bell").click()
    item = page.get_by_test_id("notification").first
    await expect(item).to_contain_text(title)
    await expect(item).to_contain_text("<script>alert(2)</script>")
    assert await item.locator("img, b, script").count() == 0


async def test_notifications_missed_while_away_are_there_on_return(
    page: Page, stack: Launcher
) -> None:
    title = f"Mientras no estabas {uuid4()}"
    await _post(stack, user_id="carmen", title=title)
    await _sign_in(page, stack, "carmen")
    await page.get_by_test_id("bell").click()
    await expect(page.get_by_test_id("inbox").get_by_text(title)).to_have_count(1)


async def test_shoppers_stay_served_when_the_instance_of_their_socket_stops(
    browser: Browser, stack: Launcher
) -> None:
    assert (await stack.scale(3))[0] == 0
    async with AsyncExitStack() as contexts:
        pages = []
        for _ in range(3):  # one at each instance
            context = await browser.new_context()
            contexts.push_async_callback(context.close)
            pages.append(await context.new_page())
            await _sign_in(pages[-1], stack, "luis")
        assert (await stack.scale(2))[0] == 0
        title = f"Seguimos aquí {uuid4()}"
        await _post(stack, user_id="luis", title=title)
        for page in pages:
            await page.get_by_test_id("bell").click()
            await expect(page.get_by_test_id("inbox").get_by_text(title)).to_have_count(1)


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_page_fits_phone_and_desktop_in_both_themes_and_languages(
    browser: Browser, stack: Launcher, screenshots: Path, width: int, scheme: str
) -> None:
    context = await browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = await context.new_page()
    await _sign_in(page, stack, "ana")
    await page.get_by_test_id("language-switch").click()
    await page.get_by_test_id("bell").click()
    await expect(page.get_by_test_id("inbox")).to_contain_text("Notifications")
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    await page.screenshot(
        path=screenshots / f"inbox-en-{width}-{scheme}.png", animations="disabled"
    )
    await context.close()
