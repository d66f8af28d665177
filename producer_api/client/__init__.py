"""A client of the producer API for Python callers, async and sync, that may be repeated safely.

    async with AsyncNotifications("http://localhost:8000", token) as notifications:
        made = await notifications.create(NewNotification(user_id="ana", type="t", title="Hello"))

Each create has an idempotency key, the caller's or a random one. So a repeat after a lost answer
makes no second notification. Of this project, the client needs only `producer_api.contract`.
"""

from producer_api.client.asynchronous import AsyncNotifications
from producer_api.client.calls import Token
from producer_api.client.errors import (
    ClientError,
    Problem,
    RefusedError,
    UnavailableError,
    UnreachableError,
)
from producer_api.client.synchronous import Notifications
from producer_api.contract.notification import NewNotification

__all__ = [
    "AsyncNotifications",
    "ClientError",
    "NewNotification",
    "Notifications",
    "Problem",
    "RefusedError",
    "Token",
    "UnavailableError",
    "UnreachableError",
]
