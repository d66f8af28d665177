"""Returns the life of a notification, from the memory, the producer API and what is in flight."""

import time
from collections.abc import Callable, Iterable
from typing import Any

from deploy.console.core.commits import Commits
from deploy.console.core.event import Event
from deploy.console.core.facts import Created, Fact, dead_letter_of, fact_of
from deploy.console.core.life import LifeStep, public, status_of, steps_of
from deploy.console.core.memory import Known, Memory
from deploy.console.core.moments import milliseconds_of
from deploy.console.lives.api import NotificationApi
from runtime.slices import Slices

Read = list[tuple[Event, Fact]]


class LifeReader:
    """Reads the memory and the API. Owns no state."""

    def __init__(
        self,
        memory: Memory,
        commits: Commits,
        api: NotificationApi,
        in_flight: Callable[[], Iterable[dict[str, Any]]],
    ) -> None:
        self._memory = memory
        self._commits = commits
        self._api = api
        self._in_flight = in_flight

    async def of(self, notification_id: str) -> dict[str, Any] | None:
        """Return the notification's life; None if nothing is known of it."""
        stored = await self._api.find(notification_id)
        known = self._memory.find(notification_id)
        erased_at = self._memory.erased_at(notification_id)
        if known is None and stored is None and erased_at is None:
            return None
        read = await read_events(known, Slices()) if known else []
        more = [*self._commit(known, read), *self._push(notification_id)]
        if erased_at is not None:
            more.append(LifeStep("erased", erased_at))
        steps = steps_of(notification_id, read, stored, *more)
        return {
            "notification": stored,
            "status": (stored or {}).get("status") or status_of(steps, _expiry(read), now()),
            "steps": public(steps),
            "events": [event.public() for event, _ in read],
        }

    def _commit(self, known: Known | None, read: Read) -> list[LifeStep]:
        """Return the step `committed`, if the offset of the last created record is committed."""
        places = [event for event, fact in read if _is_creation(fact, known)]
        if known is None or not places:
            return []
        place = places[-1]
        if not self._commits.is_committed(place.partition, place.offset):
            return []
        details = {"partition": place.partition, "offset": place.offset}
        return [LifeStep("committed", known.committed_at, details)]

    def _push(self, notification_id: str) -> list[LifeStep]:
        """Return the step `pushed`, if an instance reports that it waits for the ack."""
        for each in self._in_flight():
            if notification_id in (each.get("ids") or ()):
                details = {"owner": each["instance"], "attempt": each.get("attempt")}
                edges = each.get("edges") or [None]
                pushed_at = milliseconds_of(each.get("pushed_at"))
                return [LifeStep("pushed", pushed_at, {**details, "edge": edges[0]})]
        return []


async def read_events(known: Known, slices: Slices) -> Read:
    """Return the notification's events, each with what it says. Parses them in slices."""
    pairs = []
    for event in tuple(known.events):  # the reader may add events between two slices
        if event.is_letter:
            fact: Fact | None = dead_letter_of(event, known.user, known.id)
        else:
            fact = fact_of(event)
        if fact is not None:
            pairs.append((event, fact))
        await slices.step()
    return pairs


def status_in_memory(known: Known, read: Read) -> str:
    """Return the status that follows from the events in the memory alone."""
    return status_of(steps_of(known.id, read, None), _expiry(read), now())


def creation_in(known: Known, read: Read) -> Created | None:
    """Return what the created record says; None if it was not read."""
    created = (fact for _, fact in read if isinstance(fact, Created))
    return next((fact for fact in created if fact.id == known.id), None)


def now() -> int:
    """Return the time in Unix milliseconds."""
    return time.time_ns() // 1_000_000


def _is_creation(fact: Fact, known: Known | None) -> bool:
    return known is not None and isinstance(fact, Created) and fact.id == known.id


def _expiry(read: Read) -> int | None:
    created: list[Created] = [fact for _, fact in read if isinstance(fact, Created)]
    return created[0].expires_at if created else None
