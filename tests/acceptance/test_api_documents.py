"""The API's documentation works in a browser that reaches nothing but this machine."""

from urllib.parse import urlsplit

from playwright.async_api import Page, Route, expect

from tests.services.launcher import Launcher


async def test_the_documentation_works_offline(page: Page, stack: Launcher) -> None:
    elsewhere: list[str] = []

    async def only_here(route: Route) -> None:
        url = urlsplit(route.request.url)
        if url.hostname == "localhost" or url.scheme in {"data", "blob"}:
            await route.continue_()
        else:
            elsewhere.append(route.request.url)
            await route.abort()

    await page.route("**/*", only_here)
    api = f"http://localhost:{stack.ports['PRODUCER_API_PORT']}"
    await page.goto(f"{api}/docs")
    create = page.locator("#operations-notifications-create")
    await expect(create).to_contain_text("/v1/notifications")
    await create.get_by_role("button").first.click()
    await expect(create).to_contain_text("Idempotency-Key")
    await page.goto(f"{api}/redoc")
    await expect(page.locator("h1")).to_contain_text("Notification producer API")
    await expect(page.get_by_text("Idempotency-Key").first).to_be_visible()
    assert elsewhere == []
