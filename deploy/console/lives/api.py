"""Asks the producer API for notifications, as a service."""

from collections.abc import Callable
from typing import Any

import httpx
import orjson

from deploy.console.troubles import Code, Troubles

_TIMEOUT_SECONDS = 3.0
_PART = "The producer API"

Stored = dict[str, Any]


class NotificationApi:
    """Owns the connections to the API. While the API is down, only the memory is searched."""

    def __init__(self, url: str, token: Callable[[], str], troubles: Troubles) -> None:
        self._http = httpx.AsyncClient(base_url=url, timeout=_TIMEOUT_SECONDS, trust_env=False)
        self._token = token
        self._troubles = troubles

    async def find(self, notification_id: str) -> Stored | None:
        """Return a notification; None if there is none, or if the API does not answer."""
        found = await self._get(f"/v1/notifications/{notification_id}", {})
        return found if isinstance(found, dict) and "id" in found else None

    async def of_user(self, user: str, most: int) -> list[Stored]:
        """Return up to `most` notifications of the user, newest first."""
        found = await self._get("/v1/notifications", {"user_id": user, "limit": str(most)})
        items = found.get("items") if isinstance(found, dict) else None
        return [each for each in items or () if isinstance(each, dict) and "id" in each]

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _get(self, path: str, parameters: dict[str, str]) -> Any:
        headers = {"Authorization": f"Bearer {self._token()}"}
        try:
            answer = await self._http.get(path, params=parameters, headers=headers)
        except httpx.HTTPError as error:
            self._troubles.begin(_PART, Code.API_SILENT, str(error) or type(error).__name__)
            return None
        # The API works, but does not know the id, or refuses the user id.
        if answer.status_code in {404, 422}:
            self._troubles.end(_PART)
            return None
        if not answer.is_success:
            self._troubles.begin(_PART, Code.API_REFUSES, f"status {answer.status_code}")
            return None
        try:
            found = orjson.loads(answer.content)
        except orjson.JSONDecodeError:
            # PRODUCER_API_URL may be the address of another program.
            self._troubles.begin(_PART, Code.API_REFUSES, "its answer is not JSON")
            return None
        self._troubles.end(_PART)
        return found
