"""The preferences that a shopper sets in the inbox apply to what the shop sends."""

from typing import Any

from playwright.async_api import Browser, Locator, Page, Route, expect

from tests.acceptance.axe import findings
from tests.acceptance.shopper import Shopper, open_inbox
from tests.services.launcher import Launcher
from tests.services.waiting import eventually


async def _open_settings(page: Page) -> None:
    await open_inbox(page)
    await page.get_by_role("button", name="Preferencias de avisos").click()
    await expect(_switch(page, "Ofertas")).to_be_visible()


def _switch(page: Page, name: str) -> Locator:
    return page.get_by_role("switch", name=name, exact=True)


async def _until_saved(shopper: Shopper, **expected: Any) -> None:
    async def is_saved() -> bool:
        saved = await shopper.preferences()
        return {name: saved[name] for name in expected} == expected

    await eventually(is_saved)


async def test_what_the_shopper_chooses_in_the_settings_holds(
    browser: Browser, stack: Launcher
) -> None:
    async with Shopper.arriving(browser, stack) as shopper:
        page = await shopper.open()
        await _open_settings(page)
        assert await findings(page) == []
        # A category that the shop always sends cannot be muted.
        await expect(_switch(page, "Pedidos")).to_be_disabled()
        await expect(_switch(page, "Pedidos")).to_be_checked()
        await _mute_offers(page, shopper)
        await _fail_to_save(page, shopper)
        await _set_quiet_hours(page, shopper)


async def _mute_offers(page: Page, shopper: Shopper) -> None:
    await _switch(page, "Ofertas").click()
    await expect(_switch(page, "Ofertas")).not_to_be_checked()
    await _until_saved(shopper, muted=["offer"])
    offer = await shopper.create(type="offer.weekend", title="Tazas con descuento")
    assert offer["status"] == "muted"
    await shopper.create(title="Pedido despachado")
    for _ in range(2):  # once live, and once after a reload
        await expect(page.get_by_role("tab")).to_have_text(
            ["Todas", "Sin leer1", "Pedidos1", "Pagos", "Ofertas", "Archivadas"]
        )
        await expect(page.get_by_role("tabpanel").get_by_role("heading", level=4)).to_have_text(
            ["Pedido despachado"]
        )
        await page.reload()
        await _open_settings(page)
        await expect(_switch(page, "Ofertas")).not_to_be_checked()
    await _switch(page, "Ofertas").click()
    await _until_saved(shopper, muted=[])
    assert len(await shopper.listed()) == 1, "unmuting brings nothing back"


async def _fail_to_save(page: Page, shopper: Shopper) -> None:
    shopper.expected.append("500")

    async def fail(route: Route) -> None:
        if route.request.method == "PUT":
            await route.fulfill(status=500, json={})
        else:
            await route.continue_()

    await page.route("**/preferences", fail)
    await _switch(page, "Pagos").click()
    problem = page.get_by_role("alert").filter(has_text="No se han podido guardar tus preferencias")
    await expect(problem).to_be_visible()
    await expect(_switch(page, "Pagos")).to_be_checked()
    await _until_saved(shopper, muted=[])
    await page.unroute("**/preferences")
    await _switch(page, "Pagos").click()
    await expect(problem).to_have_count(0)
    await _until_saved(shopper, muted=["payment"])


async def _set_quiet_hours(page: Page, shopper: Shopper) -> None:
    await _switch(page, "Horas de silencio").click()
    zone = await page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
    hours = {"from": "22:00", "to": "08:00", "time_zone": zone}
    await _until_saved(shopper, quiet_hours=hours)
    await page.get_by_label("Desde").fill("23:30")
    await page.get_by_label("Hasta").focus()
    await _until_saved(shopper, quiet_hours=hours | {"from": "23:30"})
    assert await findings(page) == []
    await page.reload()
    await _open_settings(page)
    await expect(page.get_by_label("Desde")).to_have_value("23:30")
    await _switch(page, "Horas de silencio").click()
    await _until_saved(shopper, quiet_hours=None, muted=["payment"])
