"""Calls to the REST API by a service and by shoppers."""

from typing import Any, Self
from urllib.parse import quote

import httpx

from tests.services.http import http_client
from tests.services.tokens import service_token, shopper_token

JSON = {"Content-Type": "application/json"}


class Api:
    """Sends each call with the right token, and returns the response without checking it."""

    def __init__(self, url: str) -> None:
        limits = httpx.Limits(max_connections=300)
        self.client = http_client(url, timeout=30.0, limits=limits)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()

    async def call(self, method: str, path: str, token: str, **options: Any) -> httpx.Response:
        """Send a request. `options` are those of `httpx.AsyncClient.request`."""
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        return await self.client.request(method, path, headers=headers, **options)

    async def create(
        self, user: str = "ana", *, key: str | None = None, service: str = "orders", **fields: Any
    ) -> httpx.Response:
        """Create one notification, as a service."""
        return await self._post("", notification(user, **fields), key, service)

    async def create_batch(
        self, *items: Any, key: str | None = None, service: str = "orders"
    ) -> httpx.Response:
        """Create a batch of notifications, as a service."""
        return await self._post("/batch", {"notifications": items}, key, service)

    async def _post(self, path: str, body: Any, key: str | None, service: str) -> httpx.Response:
        headers = {} if key is None else {"Idempotency-Key": key}
        token = service_token(name=service)
        path = f"/v1/notifications{path}"
        return await self.call("POST", path, token, json=body, headers=headers)

    async def created(self, user: str = "ana", **fields: Any) -> dict[str, Any]:
        """Create one notification, as a service, and check that it succeeds."""
        answer = await self.create(user, **fields)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def trace(self, notification_id: str) -> httpx.Response:
        """Get one notification with its delivery status, as a service."""
        return await self.call("GET", f"/v1/notifications/{notification_id}", service_token())

    async def listed(self, user: str = "ana", **query: Any) -> httpx.Response:
        """Load a shopper's list, as the shopper."""
        return await self.call("GET", _path(user), shopper_token(user), params=query)

    async def ids(self, user: str = "ana", **query: Any) -> list[str]:
        """Return the ids in a shopper's list."""
        answer = await self.listed(user, **query)
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    async def mark(self, user: str, notification_id: str, **marks: Any) -> httpx.Response:
        """Mark one notification, as the shopper."""
        path = f"{_path(user)}/{notification_id}"
        return await self.call("PATCH", path, shopper_token(user), json=marks)

    async def mark_all_read(self, user: str, **body: Any) -> httpx.Response:
        """Mark all notifications as read, as the shopper."""
        return await self._mark_all("read", user, body)

    async def mark_all_seen(self, user: str, **body: Any) -> httpx.Response:
        """Mark all notifications as seen, as the shopper."""
        return await self._mark_all("seen", user, body)

    async def _mark_all(self, mark: str, user: str, body: dict[str, Any]) -> httpx.Response:
        json = {"json": body} if body else {}
        return await self.call("POST", f"{_path(user)}/{mark}", shopper_token(user), **json)

    async def choose(self, mark: str, user: str, token: str, **body: Any) -> httpx.Response:
        """Mark notifications of the user as `read` or `seen`, with this token."""
        return await self.call("POST", f"{_path(user)}/{mark}", token, json=body)

    async def withdraw(self, notification_id: str) -> httpx.Response:
        """Withdraw a notification, as a service."""
        return await self.call("DELETE", f"/v1/notifications/{notification_id}", service_token())

    async def withdraw_standing(self, user: str, key: str) -> httpx.Response:
        """Withdraw the notification that stands under this key, as a service."""
        body = {"user_id": user, "collapse_key": key}
        path = "/v1/notifications/withdraw"
        return await self.call("POST", path, service_token(), json=body)

    async def erase(self, user: str) -> httpx.Response:
        """Erase a user, as a service."""
        return await self.call("DELETE", _path(user), service_token())

    async def preferences(self, user: str = "ana") -> httpx.Response:
        """Load a shopper's preferences, as the shopper."""
        return await self.call("GET", _preferences(user), shopper_token(user))

    async def prefer(self, user: str = "ana", **preferences: Any) -> httpx.Response:
        """Replace a shopper's preferences, as the shopper."""
        return await self.call("PUT", _preferences(user), shopper_token(user), json=preferences)

    async def metric(self, name: str) -> float:
        """Return the value of a metric, or 0 if it is missing. `name` includes the labels."""
        lines = (await self.client.get("/metrics")).text.splitlines()
        values = [line.rpartition(" ")[2] for line in lines if line.startswith(f"{name} ")]
        return float(values[0]) if values else 0.0


def notification(user: str = "ana", **fields: Any) -> dict[str, Any]:
    """Return the request body for creating a notification."""
    return {"user_id": user, "type": "order.shipped", "title": "Pedido despachado", **fields}


def _path(user: str) -> str:
    return f"/v1/users/{quote(user, safe='')}/notifications"


def _preferences(user: str) -> str:
    return f"/v1/users/{quote(user, safe='')}/preferences"
