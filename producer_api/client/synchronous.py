"""The client for synchronous code."""

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


class Notifications:
    """Owns the connections to one API. Every call raises `ClientError` if it fails.

    `patience` is how long a call keeps trying, including pauses. `timeout` is how long one attempt
    waits for the next bytes. Both are in seconds. Threads may share a client.
    """

    def __init__(
        self, url: str, token: Token, *, patience: float = 30.0, timeout: float = 10.0
    ) -> None:
        self._http = httpx.Client(base_url=url)
        self._token = token
        self._patience = patience
        self._timeout = timeout

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def create(self, notification: NewNotification, *, key: str | None = None) -> dict[str, Any]:
        """Create a notification. Return it once it is durable."""
        return calls.read_one(self._send(calls.create(notification, key)))

    def create_batch(
        self, notifications: Sequence[NewNotification], *, key: str | None = None
    ) -> list[dict[str, Any] | Problem]:
        """Create many notifications. Return each notification or its problem, in the same order."""
        return calls.read_batch(self._send(calls.create_batch(notifications, key)))

    def state(self, notification_id: str) -> dict[str, Any]:
        """Return a notification with its delivery `status`."""
        return calls.read_one(self._send(calls.state(notification_id)))

    def withdraw(self, notification_id: str) -> None:
        """Take a notification back: it is gone from lists and screens, and no longer owed."""
        self._send(calls.withdraw(notification_id))

    def withdraw_standing(self, user_id: str, collapse_key: str) -> None:
        """Take back the user's standing notification with this collapse key, if there is one."""
        self._send(calls.withdraw_standing(user_id, collapse_key))

    def mark_read(self, user_id: str, collapse_key: str) -> None:
        """Mark the user's standing notification with this collapse key as read."""
        self._send(calls.mark_read(user_id, collapse_key))

    def erase(self, user_id: str) -> None:
        """Erase all data of this user."""
        self._send(calls.erase(user_id))

    def revoke_sessions(self, user_id: str) -> None:
        """End all sessions of this user: close the sockets, and refuse the tokens issued so far."""
        self._send(calls.revoke_sessions(user_id))

    def _send(self, call: Call) -> bytes:
        deadline = time.monotonic() + self._patience
        attempt = 0
        while True:
            outcome = self._attempt(call, deadline - time.monotonic())
            jitter = random.random()  # noqa: S311 - not a secret
            pause = pause_after(outcome, attempt, deadline - time.monotonic(), jitter)
            if pause is None:
                return content_of(outcome)
            time.sleep(pause)
            attempt += 1

    def _attempt(self, call: Call, remaining: float) -> AttemptOutcome:
        headers = call.headers(self._token)
        timeout = max(min(self._timeout, remaining), 0.0)
        try:
            return calls.response_of(
                self._http.request(
                    call.method, call.path, content=call.content, headers=headers, timeout=timeout
                )
            )
        except calls.LOST as error:
            return NoResponse(str(error) or type(error).__name__)
