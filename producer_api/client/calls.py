"""Builds the client's requests, and reads the responses."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from producer_api.client.errors import Problem
from producer_api.client.retries import Response
from producer_api.contract.notification import NewNotification

#: A bearer token, or a function that makes one for each request.
Token = str | Callable[[], str]

#: Errors after which a repeat may succeed. Anything else that httpx raises is the caller's mistake.
LOST = (httpx.NetworkError, httpx.TimeoutException, httpx.RemoteProtocolError, httpx.ProxyError)

_NOTIFICATIONS = "/v1/notifications"


@dataclass(frozen=True, slots=True)
class Call:
    """A request to the API. Each attempt sends it unchanged, except for the token."""

    method: str
    path: str
    content: bytes | None = None
    key: str | None = None
    """The idempotency key."""

    def headers(self, token: Token) -> dict[str, str]:
        """Return the header fields, with a token for this attempt."""
        bearer = token if isinstance(token, str) else token()
        fields = {"Authorization": f"Bearer {bearer}"}
        if self.content is not None:
            fields["Content-Type"] = "application/json"
        if self.key is not None:
            fields["Idempotency-Key"] = self.key
        return fields


def create(notification: NewNotification, key: str | None) -> Call:
    """Return the request to create one notification. Without a key, use a random one."""
    content = orjson.dumps(_fields(notification))
    return Call("POST", _NOTIFICATIONS, content, key or str(uuid.uuid4()))


def create_batch(notifications: Sequence[NewNotification], key: str | None) -> Call:
    """Return the request to create many notifications. The key is for the batch as a whole."""
    content = orjson.dumps({"notifications": [_fields(item) for item in notifications]})
    return Call("POST", f"{_NOTIFICATIONS}/batch", content, key or str(uuid.uuid4()))


def state(notification_id: str) -> Call:
    """Return the request to read one notification with its delivery status."""
    return Call("GET", f"{_NOTIFICATIONS}/{quote(notification_id, safe='')}")


def withdraw(notification_id: str) -> Call:
    """Return the request to withdraw a notification."""
    return Call("DELETE", f"{_NOTIFICATIONS}/{quote(notification_id, safe='')}")


def withdraw_standing(user_id: str, collapse_key: str) -> Call:
    """Return the request to withdraw the standing notification with a collapse key."""
    content = orjson.dumps({"user_id": user_id, "collapse_key": collapse_key})
    return Call("POST", f"{_NOTIFICATIONS}/withdraw", content)


def mark_read(user_id: str, collapse_key: str) -> Call:
    """Return the request to mark the standing notification with a collapse key as read."""
    content = orjson.dumps({"collapse_key": collapse_key})
    return Call("POST", f"/v1/users/{_segment(user_id)}/notifications/read", content)


def erase(user_id: str) -> Call:
    """Return the request to erase a user."""
    return Call("DELETE", f"/v1/users/{_segment(user_id)}/notifications")


def revoke_sessions(user_id: str) -> Call:
    """Return the request to end a user's sessions."""
    return Call("POST", f"/v1/users/{_segment(user_id)}/sessions/revoke")


def read_one(content: bytes) -> dict[str, Any]:
    """Return the notification in a response."""
    return dict(orjson.loads(content))


def read_batch(content: bytes) -> list[dict[str, Any] | Problem]:
    """Return the results of a batch, in the order of its items."""
    results = sorted(orjson.loads(content)["results"], key=lambda result: result["index"])
    return [
        result["notification"]
        if "notification" in result
        else Problem.of(result["status"], result.get("problem"))
        for result in results
    ]


def response_of(response: httpx.Response) -> Response:
    """Return the parts of the response that the client uses."""
    return Response(response.status_code, response.content, response.headers.get("retry-after"))


def _segment(user_id: str) -> str:
    # Encode each byte. Otherwise, `..` would mean another path.
    return "".join(f"%{byte:02X}" for byte in user_id.encode())


def _fields(notification: NewNotification) -> dict[str, Any]:
    return notification.model_dump(mode="json", exclude_unset=True)
