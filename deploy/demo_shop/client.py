"""The shop as a client of the producer API."""

import uuid
from typing import Self

from deploy.demo_shop.formats import Language
from deploy.demo_shop.kinds import Kind
from deploy.demo_shop.orders import Order
from deploy.demo_shop.tokens import service_token
from producer_api.client import AsyncNotifications, ClientError, NewNotification

_PATIENCE_SECONDS = 5.0


class NotSentError(Exception):
    """The API did not accept a notification. The message says why."""


class NotificationClient:
    """Owns the connections to the API. Signs a new token for each call, so that none expires."""

    def __init__(self, url: str, secret: str) -> None:
        self._url = url
        self._notifications = AsyncNotifications(
            url, lambda: service_token(secret), patience=_PATIENCE_SECONDS
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._notifications.close()

    async def advance(self, order: Order, language: Language) -> None:
        """Send the notification of the order's next state, then move the order to that state.

        If it raises `NotSentError`, the order keeps its state.
        """
        step, state = order.step + 1, order.next_state
        if state is None:
            raise ValueError(f"order {order.id} is already delivered")
        await self._create(order.notification(state, language), order.idempotency_key(state))
        # Another request may have advanced the order meanwhile. Never move it back.
        order.step = max(order.step, step)

    async def send(self, order: Order, kind: Kind, language: Language) -> None:
        """Send a notification that does not move the order. Raises `NotSentError`."""
        await self._create(order.notification(kind, language), str(uuid.uuid4()))

    async def _create(self, notification: NewNotification, key: str) -> None:
        try:
            await self._notifications.create(notification, key=key)
        except ClientError as error:
            raise NotSentError(f"the API at {self._url} {error}") from error
