"""A missed notification reaches the shopper's browser by Web Push, through the whole stack.

Chromium cannot subscribe without Google's push service. So the test plays the push service: it
decrypts the messages, and passes them to Chromium's service worker over the DevTools protocol.
"""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

from playwright.async_api import Browser, CDPSession, Page, expect

from tests.acceptance.shopper import Shopper, open_inbox
from tests.services.http import http_client
from tests.services.launcher import Launcher
from tests.services.push_service import PushService
from tests.services.waiting import PATIENCE_SECONDS, eventually

_SHOWN = """async () => {
  const registration = await navigator.serviceWorker.ready;
  const shown = await registration.getNotifications();
  return shown.map(({ title, body, tag, data }) => [title, body, tag, data]);
}"""
_REMEMBERS = "async (id) => Boolean(await caches.match(`/id/${id}`))"
_DISMISS = """async () => {
  const registration = await navigator.serviceWorker.ready;
  for (const shown of await registration.getNotifications()) shown.close();
  // A close that is still under way would also close the next notification with this tag.
  while ((await registration.getNotifications()).length > 0)
    await new Promise((resolve) => setTimeout(resolve, 10));
}"""


async def test_a_shopper_who_is_away_is_told_by_their_browser(
    browser: Browser, stack: Launcher, ports: Iterator[int]
) -> None:
    api = http_client(f"http://localhost:{stack.ports['PRODUCER_API_PORT']}/v1")
    async with Shopper.arriving(browser, stack) as shopper, api:
        await shopper.context.grant_permissions(["notifications"], origin=stack.ui)
        page = await shopper.open()
        await open_inbox(page)
        await page.get_by_test_id("open-settings").click()
        switch = page.get_by_role("switch", name="Avisos aunque la tienda esté cerrada")
        await expect(switch).to_have_attribute("aria-checked", "false")

        headers = {"Authorization": f"Bearer {shopper.signed_in()['token']}"}
        key = (await api.get("/push-key", headers=headers)).json()["public_key"]
        async with PushService.running(next(ports), key) as push_service:
            subscribed = push_service.browser()
            answer = await api.post(
                "/users/me/push-subscriptions", headers=headers, json=subscribed.subscription()
            )
            assert answer.status_code == 204
            # Go to a page of the same site without the inbox, so that the shopper counts as away.
            await page.goto(stack.ui + "/config.json")
            fields = {"collapse_key": "order 1", "action_url": "/orders/1"}
            first = await shopper.post(title="Pedido listo", body="Ñandú", **fields)

            async def is_told() -> bool:
                return bool(subscribed.messages)

            await eventually(is_told)
            assert push_service.problems == []
            await _check_what_is_shown(page, stack, subscribed.messages[0], first)


async def _check_what_is_shown(
    page: Page, stack: Launcher, message: dict[str, Any], notification: str
) -> None:
    assert message["id"] == notification
    devtools = await page.context.new_cdp_session(page)
    registration = await _registration(devtools)

    async def deliver(**changed: str) -> None:
        await devtools.send(
            "ServiceWorker.deliverPushMessage",
            {
                "origin": stack.ui,
                "registrationId": registration,
                "data": json.dumps(message | changed),
            },
        )

    async def shows(title: str, shown_id: str) -> None:
        async def is_remembered() -> bool:
            return bool(await page.evaluate(_REMEMBERS, shown_id))

        # The service worker remembers a notification once it is shown. Ask what is shown only after
        # that: while Chromium shows a notification, the question may make it forget this one.
        await eventually(is_remembered)
        expected = [[title, "Ñandú", "order 1", ["/orders/1"]]]
        assert await page.evaluate(_SHOWN) == expected

    await deliver()
    await shows("Pedido listo", notification)
    # A newer notification with the same collapse key replaces it.
    await deliver(id="another", title="Pedido entregado")
    await shows("Pedido entregado", "another")
    # A repeat of a dismissed notification is not shown again.
    await page.evaluate(_DISMISS)
    await deliver()
    await deliver(id="third", title="Otro aviso")
    await shows("Otro aviso", "third")


async def _registration(devtools: CDPSession) -> str:
    """Return DevTools' id of the page's service worker."""
    found: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def note(event: dict[str, Any]) -> None:
        for each in event["registrations"]:
            if not found.done():
                found.set_result(each["registrationId"])

    devtools.on("ServiceWorker.workerRegistrationUpdated", note)
    await devtools.send("ServiceWorker.enable")
    return await asyncio.wait_for(found, PATIENCE_SECONDS)
