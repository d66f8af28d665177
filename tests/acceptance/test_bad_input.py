"""Bad input, sent by mistake or on purpose, is shown as text and breaks nothing."""

from playwright.async_api import Browser, expect
from pymongo import AsyncMongoClient

from tests.acceptance.shopper import Shopper, item, open_inbox
from tests.services.http import http_client
from tests.services.launcher import Launcher


async def test_hostile_text_and_old_documents_are_shown_as_text(
    browser: Browser, stack: Launcher
) -> None:
    async with Shopper.arriving(browser, stack) as shopper:
        old = await shopper.post(title="Antiguo")
        script = await shopper.post(
            title="<img src=x onerror=alert(1)><script>alert(1)</script>",
            body="<b>negrita</b> & {{template}}",
        )
        long = await shopper.post(title="x" * 200, body="y" * 2_000)
        turned = await shopper.post(
            title="factura\u202efdp.exe", body="\u2066\u05e2\u05d1\u05e8\u2069 👩‍👩‍👧‍👦"
        )
        await _make_old(stack, old)
        page = await shopper.open()
        items = await open_inbox(page)
        await expect(items).to_have_count(4)
        await expect(item(page, old)).to_contain_text("Notificación sin título")
        assert await item(page, old).get_by_role("link").count() == 0, (
            "no link may lead to a script"
        )
        await expect(item(page, script)).to_contain_text("<script>alert(1)</script>")
        await expect(item(page, script)).to_contain_text("<b>negrita</b> & {{template}}")
        assert await page.locator("[data-id] :is(img, b, script)").count() == 0
        await expect(item(page, turned)).to_contain_text("facturafdp.exe")
        widths = await item(page, long).evaluate("each => [each.scrollWidth, each.clientWidth]")
        assert widths[0] <= widths[1]
        await item(page, old).hover()
        await item(page, old).get_by_test_id("mark-read").click()
        await expect(item(page, old)).to_have_attribute("data-read", "true")


async def _make_old(stack: Launcher, notification_id: str) -> None:
    """Rewrite a document as old versions did: no title, a link now refused, an odd type."""
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


async def test_the_policy_blocks_foreign_scripts(stack: Launcher) -> None:
    async with http_client() as client:
        policy = (await client.get(stack.ui)).headers["Content-Security-Policy"]
    rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))
    assert rules["default-src"] == "'self'"
    assert rules["object-src"] == rules["base-uri"] == "'none'"
    assert rules["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in policy
    assert "*" not in policy
