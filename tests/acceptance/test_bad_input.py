"""Hostile or malformed notifications are shown as text and break nothing."""

from playwright.async_api import Browser, expect
from pymongo import AsyncMongoClient

from tests.acceptance.shopper import Shopper, item, open_inbox
from tests.services.http import http_client
from tests.services.launcher import Launcher


async def test_markup_long_text_and_malformed_records_are_shown_as_text(
    browser: Browser, stack: Launcher
) -> None:
    async with Shopper.arriving(browser, stack) as shopper:
        malformed = await shopper.post(title="Antiguo")
        script = await shopper.post(
            title="<img src=x onerror=alert(1)><script>alert(1)</script>",
            body="<b>negrita</b> & {{template}}",
        )
        long = await shopper.post(title="x" * 200, body="y" * 2_000)
        right_to_left = await shopper.post(
            title="factura\u202efdp.exe", body="\u2066\u05e2\u05d1\u05e8\u2069 👩‍👩‍👧‍👦"
        )
        await _make_malformed(stack, malformed)
        page = await shopper.open()
        items = await open_inbox(page)
        await expect(items).to_have_count(4)
        await expect(item(page, malformed)).to_contain_text("Notificación sin título")
        links = item(page, malformed).get_by_role("link")
        assert await links.count() == 0, "a javascript: URL must not become a link"
        await expect(item(page, script)).to_contain_text("<script>alert(1)</script>")
        await expect(item(page, script)).to_contain_text("<b>negrita</b> & {{template}}")
        assert await page.locator("[data-id] :is(img, b, script)").count() == 0
        await expect(item(page, right_to_left)).to_contain_text("facturafdp.exe")
        widths = await item(page, long).evaluate("item => [item.scrollWidth, item.clientWidth]")
        assert widths[0] <= widths[1]
        await item(page, malformed).hover()
        await item(page, malformed).get_by_test_id("mark-read").click()
        await expect(item(page, malformed)).to_have_attribute("data-read", "true")


async def _make_malformed(stack: Launcher, notification_id: str) -> None:
    """Give the notification fields that the API refuses: no title, a javascript: URL, and so on."""
    port = stack.ports["LOCAL_MONGO_PORT"]
    client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(
        f"mongodb://localhost:{port}/?directConnection=true"
    )
    async with client:
        changed = await client["notifications"]["notifications"].update_one(
            {"_id": notification_id},
            {"$set": {"title": "", "action_url": "javascript:alert(1)", "type": "?"}},
        )
        assert changed.matched_count == 1


async def test_the_content_security_policy_allows_no_foreign_script(stack: Launcher) -> None:
    async with http_client() as client:
        policy = (await client.get(stack.ui)).headers["Content-Security-Policy"]
    directives = dict(directive.strip().partition(" ")[::2] for directive in policy.split(";"))
    assert directives["default-src"] == "'self'"
    assert directives["object-src"] == directives["base-uri"] == "'none'"
    assert directives["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in policy
    assert "*" not in policy
