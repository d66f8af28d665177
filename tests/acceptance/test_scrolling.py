"""The list keeps its scroll position while notifications arrive on top."""

from playwright.async_api import Browser, expect

from tests.acceptance.shopper import Shopper, item, open_inbox
from tests.services.launcher import Launcher

_TOP_OF = "element => element.getBoundingClientRect().top"


async def test_the_item_being_read_does_not_move_when_others_arrive(
    browser: Browser, stack: Launcher
) -> None:
    async with Shopper.arriving(browser, stack) as shopper:
        sent = await shopper.post_batch([{"title": f"Aviso {n}"} for n in range(30)])
        page = await shopper.open()
        await open_inbox(page)
        read = item(page, sent[12])
        await read.scroll_into_view_if_needed()
        await page.get_by_role("tabpanel").evaluate("panel => { panel.scrollTop += 200 }")
        before = await read.evaluate(_TOP_OF)
        pill = page.get_by_test_id("new-pill")
        await expect(pill).to_have_count(0)
        newest = (await shopper.post_batch([{"title": f"Nuevo {n}"} for n in range(3)]))[-1]
        await expect(pill).to_have_text("3 nuevas")
        assert abs(await read.evaluate(_TOP_OF) - before) <= 1
        await pill.click()
        await expect(item(page, newest)).to_be_in_viewport()
        await expect(pill).to_have_count(0)
        # A notification that arrives in an open inbox counts as seen.
        await expect(page.get_by_test_id("badge")).to_have_count(0)
