"""A shopper with their own browser, and the order service that creates their notifications."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import uuid4

import httpx
from playwright.async_api import Browser, BrowserContext, Locator, Page, Route, expect

from tests.services.http import http_client
from tests.services.launcher import Launcher
from tests.services.tokens import sign

#: Whether the page has loaded its list when it opened, and again after it connected. Until then, a
#: new notification may come with the list. It is then no arrival, so no toast shows it.
_HAS_LISTED = """() => performance.getEntriesByType("resource")
  .filter(({ name }) => name.includes("/notifications?")).length > 1"""


@dataclass(eq=False)  # no slots: Playwright stores its wrappers of bound methods on the object
class Shopper:
    """One shopper's browser context, which the tabs share, and the API calls of the order service.

    Owns the unexpected errors and warnings that the pages have logged. `expected` has parts of the
    messages that the test causes on purpose.
    """

    stack: Launcher
    context: BrowserContext
    user: str
    token_lifetime: float = 3600
    expected: list[str] = field(default_factory=list)
    _errors: list[str] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def arriving(
        cls,
        browser: Browser,
        stack: Launcher,
        *,
        width: int = 1280,
        language: str = "es",
        token_lifetime: float = 3600,
        proxy: str | None = None,
        has_touch: bool = False,
    ) -> AsyncIterator[Self]:
        """Create a signed-in shopper. At the end, check that no page logged an unexpected error.

        With `has_touch`, the browser has a touch screen and no mouse.
        """
        context = await browser.new_context(
            viewport={"width": width, "height": 800},
            has_touch=has_touch,
            is_mobile=has_touch,
            locale=language,
            proxy={"server": proxy} if proxy else None,
        )
        shopper = cls(stack, context, f"shopper-{uuid4()}", token_lifetime)
        await context.route("**/api/sign-in", shopper._sign_in)
        await context.route("**/api/orders*", lambda route: route.fulfill(json=[]))
        stored = json.dumps(json.dumps({"user_id": shopper.user, "name": "Ana García"}))
        await context.add_init_script(
            f"localStorage.setItem('shopper', {stored});"
            f"localStorage.getItem('language') ?? localStorage.setItem('language', '{language}')"
        )
        try:
            yield shopper
        finally:
            await context.close()
        assert not shopper._errors, shopper._errors

    async def open(self, path: str = "/", *, online: bool = True) -> Page:
        """Open a tab. With `online`, wait until it is connected and its list is up to date."""
        page = await self.open_url(self.stack.ui + path)
        if online:
            await until_online(page)
            await page.wait_for_function(_HAS_LISTED)
        return page

    async def open_url(self, url: str) -> Page:
        """Open a tab at this URL, which may be another team's page."""
        page = await self.context.new_page()
        page.on("pageerror", lambda error: self._log_error(str(error)))
        page.on(
            "console",
            lambda line: self._log_error(line.text) if line.type in {"error", "warning"} else None,
        )
        await page.goto(url)
        return page

    async def post(self, **fields: object) -> str:
        """Create a notification as the order service, and return its id."""
        [notification_id] = await self.post_batch([fields])
        return notification_id

    async def post_batch(self, notifications: list[dict[str, Any]]) -> list[str]:
        """Create notifications in one request as the order service, and return their ids."""
        items = [
            {"user_id": self.user, "type": "order.shipped", **fields} for fields in notifications
        ]
        response = await self._call("POST", "/v1/notifications/batch", {"notifications": items})
        return [result["notification"]["id"] for result in response["results"]]

    async def create(self, **fields: object) -> dict[str, Any]:
        """Create a notification as the order service, and return the answer."""
        body = {"user_id": self.user, "type": "order.shipped", **fields}
        return await self._call("POST", "/v1/notifications", body)

    async def withdraw(self, notification_id: str) -> None:
        """Withdraw a notification as the order service."""
        await self._answer("DELETE", f"/v1/notifications/{notification_id}")

    async def preferences(self) -> dict[str, Any]:
        """Return the shopper's preferences."""
        return await self._call("GET", f"/v1/users/{self.user}/preferences")

    async def listed(self, status: str = "all") -> list[dict[str, Any]]:
        """Return the shopper's list from the API, newest first, at most 100 notifications."""
        path = f"/v1/users/{self.user}/notifications?limit=100&status={status}"
        items: list[dict[str, Any]] = (await self._call("GET", path))["items"]
        return items

    def _log_error(self, text: str) -> None:
        if not any(expected in text for expected in self.expected):
            self._errors.append(text)

    def _secret(self) -> str:
        return (self.stack.data / "jwt-secret").read_text().strip()

    def signed_in(self) -> dict[str, str]:
        """Return the shop's answer to a sign-in, with a new token."""
        token = sign(self._secret(), lifetime=self.token_lifetime, sub=self.user)
        return {"user_id": self.user, "name": "Ana García", "token": token}

    async def end_sessions(self) -> None:
        """End the shopper's sessions, as a service."""
        await self._answer("POST", f"/v1/users/{self.user}/sessions/revoke")

    async def _sign_in(self, route: Route) -> None:
        await route.fulfill(json=self.signed_in())

    async def _call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        return dict((await self._answer(method, path, body)).json())

    async def _answer(self, method: str, path: str, body: object = None) -> httpx.Response:
        token = sign(self._secret(), sub="orders", scope="notifications:write")
        async with http_client() as client:
            response = await client.request(
                method,
                f"http://localhost:{self.stack.ports['PRODUCER_API_PORT']}{path}",
                headers={"Authorization": f"Bearer {token}"},
                json=body,
                timeout=30,
            )
        assert response.status_code < 300, response.text
        return response


async def until_online(page: Page) -> None:
    """Wait until the page is connected."""
    await expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "online")


async def open_inbox(page: Page) -> Locator:
    """Open the inbox, and return its items."""
    await page.bring_to_front()  # Chromium draws background tabs slowly
    await page.get_by_test_id("bell").click()
    await expect(page.get_by_test_id("filter-all")).to_be_visible()
    return page.get_by_test_id("notification")


def item(page: Page, notification_id: str) -> Locator:
    """Return the item of this notification."""
    return page.locator(f'[data-testid="notification"][data-id="{notification_id}"]')


async def press(page: Page, notification_id: str, action: str) -> None:
    """Click one of the item's actions."""
    await page.bring_to_front()
    row = item(page, notification_id)
    await row.hover()
    await row.get_by_test_id(action).click()


async def until_shown(page: Page, ids: Sequence[str]) -> None:
    """Wait until the page lists exactly these notifications, from top to bottom."""
    rows = page.get_by_test_id("notification")
    await expect(rows).to_have_count(len(ids))
    for position, notification_id in enumerate(ids):
        await expect(rows.nth(position)).to_have_attribute("data-id", notification_id)
