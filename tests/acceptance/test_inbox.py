"""The README's promises, with the demo shop, a real browser and the whole stack."""

from pathlib import Path

from playwright.async_api import Page, expect

from tests.acceptance.shopper import item, until_online
from tests.services.http import http_client
from tests.services.launcher import Launcher
from tests.services.tokens import sign


async def _sign_in(page: Page, stack: Launcher, shopper: str) -> None:
    await page.goto(stack.ui)
    await page.get_by_test_id(f"sign-in-{shopper}").click()
    await until_online(page)


async def _post(stack: Launcher, **fields: object) -> str:
    """Create a notification as an order service does, and return its id."""
    secret = (stack.data / "jwt-secret").read_text().strip()
    token = sign(secret, sub="orders", scope="notifications:write")
    async with http_client() as client:
        response = await client.post(
            f"http://localhost:{stack.ports['PRODUCER_API_PORT']}/v1/notifications",
            headers={"Authorization": f"Bearer {token}"},
            json={"type": "order.shipped", **fields},
        )
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


async def test_a_dispatched_order_appears_without_a_reload(
    page: Page, stack: Launcher, screenshots: Path | None
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
    # Opening the inbox marks everything as seen.
    await expect(page.get_by_test_id("badge")).to_have_count(0)
    items = page.get_by_test_id("notification")
    await expect(items.first).to_contain_text("Pedido despachado")
    await expect(items).to_have_count(1)  # it supersedes the notification of the previous state
    await expect(items.first).to_have_attribute("data-read", "false")
    assert await page.evaluate("window.notReloaded")
    if screenshots is not None:
        await page.screenshot(path=screenshots / "inbox.png", animations="disabled")


async def test_a_read_notification_stays_read_after_a_reload(page: Page, stack: Launcher) -> None:
    missed = await _post(stack, user_id="luis", title="Primero")
    await _sign_in(page, stack, "luis")
    live = await _post(stack, user_id="luis", title="Segundo")
    await expect(page.get_by_test_id("badge")).to_have_text("2")
    await page.get_by_test_id("bell").click()
    unread_count = page.get_by_test_id("filter-unread")
    await expect(unread_count).to_contain_text("2")
    read = item(page, missed)
    await read.get_by_test_id("mark-read").click()
    await expect(read).to_have_attribute("data-read", "true")
    await expect(unread_count).to_contain_text("1")
    await page.reload()
    await page.get_by_test_id("bell").click()
    await expect(unread_count).to_contain_text("1")
    await expect(read).to_have_attribute("data-read", "true")
    await expect(item(page, live)).to_have_attribute("data-read", "false")
    await page.get_by_test_id("mark-all-read").click()
    await expect(page.get_by_test_id("mark-all-read")).to_be_disabled()
    await page.reload()
    await page.get_by_test_id("bell").click()
    await expect(page.get_by_test_id("mark-all-read")).to_be_disabled()
