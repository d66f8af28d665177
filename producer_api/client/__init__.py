"""A Python client for the producer API, async and sync. Its calls are safe to repeat.

    async with AsyncNotifications("http://localhost:8000", token) as notifications:
        created = await notifications.create(
            NewNotification(user_id="ana", type="t", title="Hello")
        )

Each create has an idempotency key, the caller's or a random one. So a repeat after a lost answer
does not create a second notification. From this project, the client imports only
`producer_api.contract`.
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
from producer_api.contract.notification import NewAction, NewNotification

__all__ = [
    "AsyncNotifications",
    "ClientError",
    "NewAction",
    "NewNotification",
    "Notifications",
    "Problem",
    "RefusedError",
    "Token",
    "UnavailableError",
    "UnreachableError",
]
