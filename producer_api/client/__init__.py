"""A client of the producer API for Python callers, async and sync, that may be repeated safely.

    async with AsyncNotifications("http://localhost:8000", token) as notifications:
        made = await notifications.create(NewNotification(user_id="ana", type="t", title="Hello"))

Each create has an idempotency key, the caller's or one of its own, so a repeat after an answer that
never came makes no second notification. Needs `producer_api.contract` and nothing else of it.
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
