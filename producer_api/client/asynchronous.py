"""The client for asyncio."""

import asyncio
import random
import time
from collections.abc import Sequence
from typing import Any, Self

import httpx

from producer_api.client import calls
from producer_api.client.calls import Call, Token
from producer_api.client.errors import Problem
from producer_api.client.retries import AttemptOutcome, NoResponse, content_of, pause_after
from producer_api.contract.notification import NewNotification


class AsyncNotifications:
    """Owns the connections to one API. Every call raises `ClientError` if it fails.

    `patience` is how long a call may take, including all attempts and pauses. `timeout` is how long
    one attempt may take. Both are in seconds.
    """

    def __init__(
        self, url: str, token: Token, *, patience: float = 30.0, timeout: float = 10.0
    ) -> None:
        self._http = httpx.AsyncClient(base_url=url)
        self._token = token
        self._patience = patience
        self._timeout = timeout

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def create(
        self, notification: NewNotification, *, key: str | None = None
    ) -> dict[str, Any]:
        """Create a notification. Return it once it is durable."""
        return calls.read_one(await self._send(calls.create(notification, key)))

    async def create_batch(
        self, notifications: Sequence[NewNotification], *, key: str | None = None
    ) -> list[dict[str, Any] | Problem]:
        """Create many notifications. Return each notification or its problem, in the same order."""
        return calls.read_batch(await self._send(calls.create_batch(notifications, key)))

    async def state(self, notification_id: str) -> dict[str, Any]:
        """Return a notification with its delivery `status`."""
        return calls.read_one(await self._send(calls.state(notification_id)))

    async def withdraw(self, notification_id: str) -> None:
        """Take a notification back: it is gone from lists and screens, and no longer owed."""
        await self._send(calls.withdraw(notification_id))

    async def withdraw_standing(self, user_id: str, collapse_key: str) -> None:
        """Take back the user's standing notification with this collapse key, if there is one."""
        await self._send(calls.withdraw_standing(user_id, collapse_key))

    async def mark_read(self, user_id: str, collapse_key: str) -> None:
        """Mark the user's standing notification with this collapse key as read."""
        await self._send(calls.mark_read(user_id, collapse_key))

    async def erase(self, user_id: str) -> None:
        """Erase all data of this user."""
        await self._send(calls.erase(user_id))

    async def revoke_sessions(self, user_id: str) -> None:
        """End all sessions of this user: close the sockets, and refuse the tokens issued so far."""
        await self._send(calls.revoke_sessions(user_id))

    async def _send(self, call: Call) -> bytes:
        deadline = time.monotonic() + self._patience
        attempt = 0
        while True:
            outcome = await self._attempt(call, deadline - time.monotonic())
            jitter = random.random()  # noqa: S311 - not a secret
            pause = pause_after(outcome, attempt, deadline - time.monotonic(), jitter)
            if pause is None:
                return content_of(outcome)
            await asyncio.sleep(pause)
            attempt += 1

    async def _attempt(self, call: Call, remaining: float) -> AttemptOutcome:
        headers = call.headers(self._token)
        try:
            async with asyncio.timeout(min(self._timeout, remaining)):
                return calls.response_of(
                    await self._http.request(
                        call.method, call.path, content=call.content, headers=headers, timeout=None
                    )
                )
        except (*calls.LOST, TimeoutError) as error:
            return NoResponse(str(error) or type(error).__name__)
