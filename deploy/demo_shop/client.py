"""The shop as a client of the producer API: with time-outs, and few, safe repeats."""

import asyncio
from http import HTTPStatus
from typing import Any

import httpx

from deploy.demo_shop.orders import Order
from deploy.demo_shop.tokens import service_token

_TIMEOUT_SECONDS = 5.0
_PAUSES_SECONDS = (0.2, 1.0)
_WORTH_REPEATING = frozenset(
    {HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
)


class NotSentError(Exception):
    """The API did not accept a notification; the message says why, for a person."""


class NotificationClient:
    """Owns the connections to the API. Each call gets a fresh token: cheap, and never too old."""

    def __init__(self, url: str, secret: str) -> None:
        self._url = url
        self._secret = secret
        self._http = httpx.AsyncClient(base_url=url, timeout=_TIMEOUT_SECONDS)

    async def __aenter__(self) -> "NotificationClient":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def advance(self, order: Order) -> None:
        """Tell the shopper of the order's next state, then move it there. Raises `NotSentError`."""
        step, state = order.step + 1, order.next_state
        if state is None:
            raise ValueError(f"order {order.id} is delivered")
        await self._create(order.notification(state), order.idempotency_key(state))
        order.step = max(order.step, step)

    async def _create(self, notification: dict[str, Any], key: str) -> None:
        for pause in (*_PAUSES_SECONDS, None):
            problem = await self._try(notification, key, last=pause is None)
            if problem is None:
                return
            if pause is None:
                raise NotSentError(problem)
            await asyncio.sleep(pause)

    async def _try(self, notification: dict[str, Any], key: str, *, last: bool) -> str | None:
        """None once created; else what went wrong. Raises where a repeat would not help."""
        headers = {
            "Authorization": f"Bearer {service_token(self._secret)}",
            # Whether an answer that never came was a yes is unknown; with the key, asking is safe.
            "Idempotency-Key": key,
        }
        try:
            answer = await self._http.post("/v1/notifications", json=notification, headers=headers)
        except httpx.HTTPError as error:
            return (
                f"the API at {self._url} cannot be reached ({str(error) or type(error).__name__})"
            )
        if answer.is_success:
            return None
        problem = f"the API answered {answer.status_code}: {_detail(answer)}"
        if last or answer.status_code not in _WORTH_REPEATING:
            raise NotSentError(problem)
        return problem


def _detail(answer: httpx.Response) -> str:
    try:
        problem = answer.json()
        return str(problem.get("detail") or problem["title"])
    except (ValueError, AttributeError, KeyError):
        return answer.reason_phrase
