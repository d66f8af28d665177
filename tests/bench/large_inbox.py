"""Listing an inbox of 100,000 unread notifications with its counts, before and after folding."""

import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import cycle, islice

from producer_api.contract.notification import COLLECTION
from producer_api.inbox.counts.fold_queue import FOLD_ABOVE, FoldQueue
from producer_api.inbox.counts.folding import Folding
from producer_api.inbox.counts.inbox_counts import InboxCounts
from producer_api.inbox.lists import ListFilter, Lists
from producer_api.inbox.notifications import Notifications
from producer_api.inbox.turns import COLLECTION as TURNS
from producer_api.inbox.turns import Turns
from producer_api.mongodb.connection import connect, database
from producer_api.settings import Settings
from tests.services.env import program_env
from tests.services.parts import Services
from tests.services.world import World

_USER = "bench"
_SIZE = 100_000
_CHUNK = 5_000
_PAGE = 20
#: The categories of the notifications. A list of one category also returns the counts of all five.
_COUNTED = ("order", "offer", "news", "payment", "account")


async def large_inbox(services: Services, ports: Iterator[int]) -> dict[str, float]:
    """Return the milliseconds of a list with its counts, without HTTP, and the seconds of folding.

    The folded inbox also has the largest number of unfolded notifications that may remain.
    """
    env = program_env(services, ports)
    settings = Settings.model_validate({name.lower(): text for name, text in env.items()})
    client = connect(settings)
    base = database(client, settings)
    turns = Turns(base[TURNS])
    notifications = Notifications(base[COLLECTION])
    counts = InboxCounts(base[COLLECTION], base[TURNS])
    folding = Folding(client, base[COLLECTION], turns, counts, keep=None)
    lists = Lists(client, base[COLLECTION], counts, FoldQueue())
    try:
        await turns.prepare()
        await notifications.prepare()
        async with World.opened(env) as world:
            for _ in range(_SIZE // _CHUNK):
                await _fill(world, _CHUNK)
            unfolded = await _time_lists(lists, _SIZE, times=5)
            began = time.perf_counter()
            while await folding.fold_oldest(_USER):
                pass
            fold_s = time.perf_counter() - began
            await _fill(world, FOLD_ABOVE)
            folded = await _time_lists(lists, _SIZE + FOLD_ABOVE, times=500)
            of_category = await _time_lists(lists, _SIZE + FOLD_ABOVE, 500, category="order")
    finally:
        client.close()
    return {
        "median_ms": statistics.median(folded),
        "p99_ms": statistics.quantiles(folded, n=100)[98],
        "category_median_ms": statistics.median(of_category),
        "unfolded_median_ms": statistics.median(unfolded),
        "fold_s": fold_s,
    }


async def _fill(world: World, count: int) -> None:
    kinds = cycle(_COUNTED)
    documents = (world.document(_USER, type=f"{kind}.new", category=kind) for kind in kinds)
    await world.inbox.insert_many(list(islice(documents, count)))


async def _time_lists(
    lists: Lists, expected: int, times: int, category: str | None = None
) -> list[float]:
    milliseconds: list[float] = []
    for _ in range(times):
        began = time.perf_counter()
        page, tally = await lists.inbox(
            _USER,
            ListFilter.ALL,
            now=datetime.now(UTC),
            after=None,
            limit=_PAGE,
            category=category,
            counted=_COUNTED if category else (),
        )
        milliseconds.append((time.perf_counter() - began) * 1000)
        if (len(page.items), *tally.counts) != (_PAGE, expected, expected):
            found = f"{len(page.items)} items, counts {tally.counts}"
            raise RuntimeError(f"{found}; expected {_PAGE}, {expected} in each")
    return milliseconds
