"""The shop as a client of the producer API."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from deploy.demo_shop.formats import Language
from deploy.demo_shop.kinds import LIFE, REVIEW, Kind
from deploy.demo_shop.orders import Order
from deploy.demo_shop.tokens import service_token
from producer_api.client import AsyncNotifications, ClientError, NewNotification

_PATIENCE_SECONDS = 5.0


class NotSentError(Exception):
    """The API did not do what the shop asked for. The message says why."""


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

    async def take_back_delivery(self, order: Order) -> None:
        """Withdraw the notifications of the delivery, then move the order to the state before it.

        If it raises `NotSentError`, the order keeps its state.
        """
        step = order.step
        with self._failing():
            for kind in (LIFE[-1], REVIEW):
                if key := order.collapse_key(kind):
                    await self._notifications.withdraw_standing(order.user_id, key)
        # Another request may have moved the order back meanwhile. Do not go two states back.
        if order.step == step:
            order.step -= 1
            order.corrections += 1

    async def read(self, order: Order) -> None:
        """Mark an order's notifications as read, because the shopper has opened the order."""
        with self._failing():
            if key := order.collapse_key(LIFE[0]):
                await self._notifications.mark_read(order.user_id, key)

    async def _create(self, notification: NewNotification, key: str) -> None:
        with self._failing():
            await self._notifications.create(notification, key=key)

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            raise NotSentError(f"the API at {self._url} {error}") from error
