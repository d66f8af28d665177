"""The README's promises, with the demo shop, a real browser and the whole stack."""

from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Browser, Page, expect

from tests.acceptance.shopper import item, until_online
from tests.services.http import http_client
from tests.services.launcher import Launcher
from tests.services.tokens import sign


async def _sign_in(page: Page, stack: Launcher, shopper: str) -> None:
    await page.goto(stack.ui)
    await page.get_by_test_id(f"sign-in-{shopper}").click()
    await until_online(page)


async def _call(stack: Launcher, method: str, path: str, body: Any = None) -> httpx.Response:
    """Call the API as an order service does."""
    secret = (stack.data / "jwt-secret").read_text().strip()
    token = sign(secret, sub="orders", scope="notifications:write")
    url = f"http://localhost:{stack.ports['PRODUCER_API_PORT']}/v1{path}"
    async with http_client() as client:
        response = await client.request(
            method, url, headers={"Authorization": f"Bearer {token}"}, json=body
        )
    assert response.is_success, response.text
    return response


async def _post(stack: Launcher, **fields: object) -> str:
    """Create a notification, and return its id."""
    created = await _call(stack, "POST", "/notifications", {"type": "order.shipped", **fields})
    return str(created.json()["id"])


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
    # Each state's notification supersedes that of the previous state.
    await expect(items).to_have_count(1)
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


async def test_the_shop_withdraws_and_marks_as_read_while_the_inbox_is_open(
    page: Page, stack: Launcher
) -> None:
    await _sign_in(page, stack, "carmen")
    await page.get_by_test_id("bell").click()
    kept = await _post(
        stack,
        user_id="carmen",
        title="Tu taza Alba",
        collapse_key="order-1",
        actions=[{"label": "Ver la oferta", "url": "/offers"}],
    )
    mistake = await _post(stack, user_id="carmen", title="Entregado por error")
    await item(page, mistake).focus()
    await _call(stack, "DELETE", f"/notifications/{mistake}")
    await expect(item(page, mistake)).to_have_count(0)
    await expect(item(page, kept)).to_be_focused()
    await expect(page.get_by_test_id("filter-unread")).to_contain_text("1")
    await _call(stack, "POST", "/users/carmen/notifications/read", {"collapse_key": "order-1"})
    await expect(item(page, kept)).to_have_attribute("data-read", "true")
    await item(page, kept).get_by_role("link", name="Ver la oferta").click()
    await expect(page).to_have_url(f"{stack.ui}/offers")
    await _call(
        stack, "POST", "/notifications/withdraw", {"user_id": "carmen", "collapse_key": "order-1"}
    )
    await page.get_by_test_id("bell").click()
    await expect(page.get_by_test_id("list-empty")).to_be_visible()


async def test_the_shop_marks_an_opened_order_as_read_and_withdraws_a_mistake(
    page: Page, stack: Launcher
) -> None:
    await _call(stack, "DELETE", "/users/carmen/notifications")
    await _sign_in(page, stack, "carmen")
    await page.get_by_role("button", name="Comprar").click()
    bell = page.get_by_role("button", name="Notificaciones", exact=True)
    news = page.get_by_role("button", name="Notificaciones: 1 nueva")
    await expect(news).to_be_visible()
    await page.get_by_role("link", name="Pedido", exact=False).first.click()
    await page.wait_for_url("**/orders/*")
    await expect(bell).to_be_visible()
    for state in ("pagado", "enviado", "en reparto", "entregado"):
        await page.get_by_role("button", name=f"Marcar como {state}").click()
    await expect(page.get_by_text("Paso 5 de 5: Entregado")).to_be_visible()
    await expect(news).to_be_visible()
    await page.get_by_role("button", name="No se ha entregado").click()
    await expect(page.get_by_text("Paso 4 de 5: En reparto")).to_be_visible()
    await expect(bell).to_be_visible()
    await bell.click()
    await expect(page.get_by_text("No tienes notificaciones", exact=True)).to_be_visible()


async def test_an_image_from_a_host_that_the_page_blocks_gives_way_to_the_icon(
    browser: Browser, stack: Launcher
) -> None:
    image = {"image_url": "https://img.example/taza.png", "image_alt": "Una taza"}
    created = await _post(stack, user_id="luis", title="Tu taza", **image)
    # Do not use the fixture's page: the fixture would fail because of the console's messages.
    page = await browser.new_page()
    blocked = []
    page.on("console", lambda line: blocked.append("img-src" in line.text))
    await _sign_in(page, stack, "luis")
    await page.get_by_test_id("bell").click()
    await expect(item(page, created).get_by_test_id("emblem").locator("svg")).to_be_visible()
    assert any(blocked)
    await page.close()
