"""Finds notifications by order, collapse key, user or id."""

from enum import StrEnum
from typing import Any

from deploy.console.core.memory import Known, Memory
from deploy.console.core.moments import text_of
from deploy.console.lives.api import NotificationApi, Stored
from deploy.console.lives.life import creation_in, read_events, status_in_memory
from deploy.console.reading.reader import Reader
from producer_api.contract.ids import is_id, milliseconds_of
from runtime.slices import Slices

_MOST = 50


class By(StrEnum):
    """The field by which to search."""

    ORDER = "order"
    COLLAPSE_KEY = "collapse_key"
    USER = "user"
    ID = "id"


class Search:
    """Searches the memory, and the API if it can search by the field. Owns no state."""

    def __init__(
        self, memory: Memory, api: NotificationApi, reader: Reader, started_at: int
    ) -> None:
        self._memory = memory
        self._api = api
        self._reader = reader
        self._started_at = started_at

    async def find(self, by: By, text: str) -> dict[str, Any]:
        """Return up to 50 notifications, newest first."""
        slices = (
            Slices()
        )  # a shopper's 50 events may be large, and the river must not wait for them
        in_memory = self._in_memory(by, text)
        found = {known.id: await _of_known(known, slices) for known in in_memory}
        for stored in await self._in_api(by, text):
            found[str(stored["id"])] = _of_stored(stored)
        newest = sorted(found.values(), key=lambda item: item["id"], reverse=True)
        return {
            "items": newest[:_MOST],
            "more": len(newest) > _MOST,
            "known_since": self.known_since(),
        }

    def known_since(self) -> str | None:
        """Return the time since which the memory has all created notifications."""
        oldest = self._memory.oldest
        if oldest is None:
            return text_of(self._started_at)
        if self._memory.has_forgotten or self._reader.is_cut:
            return text_of(oldest.events[0].at)
        return text_of(milliseconds_of(oldest.id) or oldest.events[0].at)

    def _in_memory(self, by: By, text: str) -> list[Known]:
        match by:
            case By.ORDER:
                return self._memory.of_order(text, _MOST + 1)
            case By.COLLAPSE_KEY:
                return self._memory.of_collapse_key(text, _MOST + 1)
            case By.USER:
                return self._memory.of_user(text, _MOST + 1)
        known = self._memory.find(text)
        return [known] if known else []

    async def _in_api(self, by: By, text: str) -> list[Stored]:
        if by is By.USER:
            return await self._api.of_user(text, _MOST + 1)
        if by is By.ID and is_id(text):
            stored = await self._api.find(text)
            return [stored] if stored else []
        return []


async def _of_known(known: Known, slices: Slices) -> dict[str, Any]:
    read = await read_events(known, slices)
    created = creation_in(known, read)
    return {
        "id": known.id,
        "user_id": known.user,
        "type": created and created.type,
        "title": created and created.title,
        "created_at": text_of(created.at if created else milliseconds_of(known.id)),
        "status": status_in_memory(known, read),
    }


def _of_stored(stored: Stored) -> dict[str, Any]:
    names = ("id", "user_id", "type", "title", "created_at", "status")
    return {name: stored.get(name) for name in names}
