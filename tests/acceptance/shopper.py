"""A shopper that only one test has, with a browser, and the order service beside them."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, Self
from uuid import uuid4

from playwright.async_api import Browser, BrowserContext, Locator, Page, Route, expect

from tests.services.http import http_client
from tests.services.launcher import Launcher
from tests.services.tokens import sign


@dataclass(eq=False)  # Playwright keeps its wrappers on it
class Shopper:
    """One shopper's browser, whose tabs share it, and the calls of the shopper and of the service.

    Owns the console messages of its pages. No script may fail and no request be refused, except for
    what the test causes on purpose and names in `expected`.
    """

    stack: Launcher
    context: BrowserContext
    user: str
    token_lifetime: float = 3600
    expected: list[str] = field(default_factory=list)
    _faults: list[str] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def arriving(
        cls,
        browser: Browser,
        stack: Launcher,
        *,
        width: int = 1280,
        scheme: Literal["light", "dark"] = "light",
        language: str = "es",
        token_lifetime: float = 3600,
    ) -> AsyncIterator[Self]:
        """Sign a new shopper in. At the end, nothing may have failed on their pages."""
        context = await browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme
        )
        shopper = cls(stack, context, f"shopper-{uuid4()}", token_lifetime)
        await context.route("**/api/sign-in", shopper._sign_in)
        await context.route("**/api/orders*", lambda route: route.fulfill(json=[]))
        kept = json.dumps(json.dumps({"user_id": shopper.user, "name": "Ana García"}))
        await context.add_init_script(
            f"sessionStorage.setItem('shopper', {kept});"
            f"localStorage.getItem('language') ?? localStorage.setItem('language', '{language}')"
        )
        try:
            yield shopper
        finally:
            await context.close()
        assert shopper._faults == []

    async def open(self, path: str = "/", *, online: bool = True) -> Page:
        """Open a tab."""
        page = await self.context.new_page()
        page.on("pageerror", lambda error: self._fault(str(error)))
        page.on(
            "console",
            lambda line: self._fault(line.text) if line.type in {"error", "warning"} else None,
        )
        await page.goto(self.stack.ui + path)
        if online:
            await is_online(page)
        return page

    async def post(self, **fields: object) -> str:
        """Create one notification, as the order service. Return its id."""
        [notification_id] = await self.post_batch([fields])
        return notification_id

    async def post_batch(self, wanted: list[dict[str, Any]]) -> list[str]:
        """Create several notifications in one batch. Return their ids."""
        items = [{"user_id": self.user, "type": "order.shipped", **each} for each in wanted]
        answer = await self._call("POST", "/v1/notifications/batch", {"notifications": items})
        return [each["notification"]["id"] for each in answer["results"]]

    async def listed(self, status: str = "all") -> list[dict[str, Any]]:
        """Return the list of the API, newest first, at most 100."""
        path = f"/v1/users/{self.user}/notifications?limit=100&status={status}"
        items: list[dict[str, Any]] = (await self._call("GET", path))["items"]
        return items

    def _fault(self, text: str) -> None:
        if not any(each in text for each in self.expected):
            self._faults.append(text)

    def _secret(self) -> str:
        return (self.stack.data / "jwt-secret").read_text().strip()

    async def _sign_in(self, route: Route) -> None:
        token = sign(self._secret(), lifetime=self.token_lifetime, sub=self.user)
        await route.fulfill(json={"user_id": self.user, "name": "Ana García", "token": token})

    async def _call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        token = sign(self._secret(), sub="orders", scope="notifications:write")
        async with http_client() as client:
            answer = await client.request(
                method,
                f"http://localhost:{self.stack.ports['PRODUCER_API_PORT']}{path}",
                headers={"Authorization": f"Bearer {token}"},
                json=body,
                timeout=30,
            )
        assert answer.status_code < 300, answer.text
        answered: dict[str, Any] = answer.json()
        return answered


async def is_online(page: Page) -> None:
    """Wait until the page is connected."""
    await expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "online")


async def open_inbox(page: Page) -> Locator:
    """Open the inbox, and return the locator of its items."""
    await page.bring_to_front()  # a tab in the background is slow to draw
    await page.get_by_test_id("bell").click()
    await expect(page.get_by_test_id("filter-all")).to_be_visible()
    return page.get_by_test_id("notification")


def item(page: Page, notification_id: str) -> Locator:
    """Return the locator of this notification's item."""
    return page.locator(f'[data-testid="notification"][data-id="{notification_id}"]')


async def press(page: Page, notification_id: str, action: str) -> None:
    """Click an action of an item."""
    await page.bring_to_front()
    row = item(page, notification_id)
    await row.hover()
    await row.get_by_test_id(action).click()


async def shows(page: Page, names: Sequence[str]) -> None:
    """Wait until the page shows exactly these notifications, from the top."""
    rows = page.get_by_test_id("notification")
    await expect(rows).to_have_count(len(names))
    for at, name in enumerate(names):
        await expect(rows.nth(at)).to_have_attribute("data-id", name)
