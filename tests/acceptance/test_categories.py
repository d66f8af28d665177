"""Each category that the shop names has a tab, with an exact count."""

from playwright.async_api import Browser, Locator, Page, expect

from tests.acceptance.axe import findings
from tests.acceptance.shopper import Shopper, open_inbox, until_online
from tests.services.launcher import Launcher


def _tab(page: Page, name: str) -> Locator:
    return page.get_by_role("tab", name=name)


def _titles(page: Page) -> Locator:
    return page.get_by_role("tabpanel").get_by_role("heading", level=4)


async def _until_counted(page: Page, unread: str, *categories: str) -> None:
    orders, payments, offers = categories
    await expect(page.get_by_role("tab")).to_have_text(
        [
            "Todas",
            f"Sin leer{unread}",
            f"Pedidos{orders}",
            f"Pagos{payments}",
            f"Ofertas{offers}",
            "Archivadas",
        ]
    )


async def test_the_tabs_of_categories_count_exactly(browser: Browser, stack: Launcher) -> None:
    async with Shopper.arriving(browser, stack, width=390) as shopper:
        # Create more orders than a page holds, so that the counts exceed what is loaded.
        orders = [{"title": f"Pedido {n}", "type": "order.paid"} for n in range(40)]
        offers = [{"title": f"Oferta {n}", "type": "offer.new"} for n in range(2)]
        payment = {"title": "Pago rechazado", "type": "payment.failed", "collapse_key": "pago"}
        await shopper.post_batch([*offers, payment, *orders])
        page, other = await shopper.open(), await shopper.open()
        for each in (other, page):
            await open_inbox(each)
            await _until_counted(each, "43", "40", "1", "2")
        # A notification arrives, one supersedes another, and another tab marks one as read.
        await shopper.post(title="Oferta nueva", type="offer.new")
        await shopper.post(**payment)
        for each in (other, page):
            await _until_counted(each, "44", "40", "1", "3")
        await _tab(other, "Pedidos").click()
        await other.get_by_role("button", name="Marcar como leída: Pedido 39").click()
        for each in (other, page):
            await _until_counted(each, "43", "39", "1", "3")
        await _use_the_keyboard(page)
        await other.get_by_role("button", name="Marcar todo como leído").click()
        for each in (other, page):
            await _until_counted(each, "", "", "", "")
        await page.reload()
        await until_online(page)
        await open_inbox(page)
        await _until_counted(page, "", "", "", "")


async def _use_the_keyboard(page: Page) -> None:
    await page.bring_to_front()
    await _tab(page, "Pagos").click()
    await expect(_titles(page)).to_have_text(["Pago rechazado"])
    # On a phone, the click scrolls the next tab into view, and does not move the page.
    await expect(_tab(page, "Ofertas")).to_be_in_viewport(ratio=1)
    assert await page.evaluate("[scrollX, document.documentElement.scrollWidth]") == [0, 390]
    for key, name, titles in (
        ("ArrowRight", "Ofertas", ["Oferta nueva", "Oferta 1", "Oferta 0"]),
        ("ArrowRight", "Archivadas", []),
        ("ArrowRight", "Todas", None),
        ("ArrowLeft", "Archivadas", []),
        ("Home", "Todas", None),
        ("End", "Archivadas", []),
        ("ArrowLeft", "Ofertas", ["Oferta nueva", "Oferta 1", "Oferta 0"]),
    ):
        await page.keyboard.press(key)
        await expect(_tab(page, name)).to_be_focused()
        await expect(_tab(page, name)).to_have_attribute("aria-selected", "true")
        await expect(_tab(page, name)).to_be_in_viewport(ratio=1)
        if titles is not None:
            await expect(_titles(page)).to_have_text(titles)
    assert await findings(page) == []
    # Only one tab is a tab stop. The next tab stop is in the list.
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("tabpanel").get_by_role("listitem").first).to_be_focused()
    await page.keyboard.press("Shift+Tab")
    await expect(_tab(page, "Ofertas")).to_be_focused()
