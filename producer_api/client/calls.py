"""What can be asked of the API, and how its answers are read."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from producer_api.client.errors import Problem
from producer_api.client.retries import Answer
from producer_api.contract.notification import NewNotification

#: A bearer token, or what makes one for each request.
Token = str | Callable[[], str]

#: How no answer comes that a repeat might bring. What else httpx raises is a mistake of the caller.
LOST = (httpx.NetworkError, httpx.TimeoutException, httpx.RemoteProtocolError, httpx.ProxyError)

_NOTIFICATIONS = "/v1/notifications"


@dataclass(frozen=True, slots=True)
class Call:
    """A request, the same each time it is repeated."""

    method: str
    path: str
    content: bytes | None = None
    key: str | None = None
    """The idempotency key."""

    def headers(self, token: Token) -> dict[str, str]:
        """Its header fields; the token is made anew."""
        bearer = token if isinstance(token, str) else token()
        fields = {"Authorization": f"Bearer {bearer}"}
        if self.content is not None:
            fields["Content-Type"] = "application/json"
        if self.key is not None:
            fields["Idempotency-Key"] = self.key
        return fields


def create(notification: NewNotification, key: str | None) -> Call:
    """Create one; without a key it gets one."""
    content = orjson.dumps(_asked(notification))
    return Call("POST", _NOTIFICATIONS, content, key or str(uuid.uuid4()))


def create_batch(notifications: Sequence[NewNotification], key: str | None) -> Call:
    """Create many; the key is the batch's as a whole."""
    content = orjson.dumps({"notifications": [_asked(each) for each in notifications]})
    return Call("POST", f"{_NOTIFICATIONS}/batch", content, key or str(uuid.uuid4()))


def state(notification_id: str) -> Call:
    """Read one, with the state of its delivery."""
    return Call("GET", f"{_NOTIFICATIONS}/{quote(notification_id, safe='')}")


def erase(user_id: str) -> Call:
    """Erase what is of this user."""
    # Each byte of it encoded: else `me` would be the caller, and `..` another address.
    segment = "".join(f"%{byte:02X}" for byte in user_id.encode())
    return Call("DELETE", f"/v1/users/{segment}/notifications")


def read_one(content: bytes) -> dict[str, Any]:
    """A notification."""
    return dict(orjson.loads(content))


def read_batch(content: bytes) -> list[dict[str, Any] | Problem]:
    """The results of a batch in its order."""
    results = sorted(orjson.loads(content)["results"], key=lambda result: result["index"])
    return [
        result["notification"]
        if "notification" in result
        else Problem.of(result["status"], result.get("problem"))
        for result in results
    ]


def answer_of(response: httpx.Response) -> Answer:
    """What came back."""
    return Answer(response.status_code, response.content, response.headers.get("retry-after"))


def _asked(notification: NewNotification) -> dict[str, Any]:
    return notification.model_dump(mode="json", exclude_unset=True)
