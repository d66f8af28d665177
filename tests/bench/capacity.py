"""`python -m tests.bench.capacity`: how sizes grow with instances, partitions, users and documents.

Runs the real code with more members, users or documents than a test could have on real machines.
`docs/capacity.md` has the figures. Give `group`, `users` or `documents` to measure only that;
`documents` starts its own MongoDB.
"""

import asyncio
import gc
import os
import random
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from aiokafka.cluster import ClusterMetadata
from aiokafka.coordinator.protocol import ConsumerProtocolMemberMetadata
from pymongo import AsyncMongoClient

from delivery.consume.assignor import StickyAssignor, record_bytes
from delivery.core.assignor_messages import COMPRESSED_MAP, PLAIN_MAP, Claim, encode_claim
from delivery.core.subscription_set import Subscription
from delivery.push.subscriptions import Subscriptions
from deploy.local.ports import free_ports
from producer_api.contract.ids import IdSource
from producer_api.contract.notification import COLLECTION
from producer_api.contract.partitioning import partition_of
from producer_api.inbox.indexes import INDEXES
from tests.delivery.push.rig import OwnerRig
from tests.services.local import local_services

Figures = dict[str, float]

_GROUPS = ((10, 100), (160, 160), (350, 700), (500, 1_000))
_USERS = (20_000, 80_000)
_DOCUMENTS = (250_000, 1_000_000)
_TOPIC = "notifications"
_GENERATION = 7
_BATCH = 5_000
_ROUNDS = 5


class _Cluster(ClusterMetadata):  # type: ignore[misc] # aiokafka has no types
    def __init__(self, partitions: int) -> None:
        super().__init__()
        self._count = partitions

    def partitions_for_topic(self, _topic: str) -> set[int]:
        return set(range(self._count))


def group(instances: int, partitions: int, maps: int = COMPRESSED_MAP) -> Figures:
    """Return the sizes of a map and of the group's record, and the leader's time to assign.

    The members have random addresses in a cluster's network. One of them has just joined.
    """
    chance = random.Random(instances)  # noqa: S311 - the same group in each run
    places = chance.sample(range(4 * 256 * 256), instances)
    hosts = [f"10.{at >> 16}.{at >> 8 & 255}.{at & 255}" for at in places]
    numbers = chance.sample(range(partitions), partitions)
    members = {
        f"aiokafka-0.14-{number:036}": ConsumerProtocolMemberMetadata(
            0, [_TOPIC], encode_claim(Claim(f"http://{host}:8101", _GENERATION, owned, maps))
        )
        for number, host in enumerate(hosts)
        for owned in [frozenset(numbers[number :: instances - 1] if number < instances - 1 else ())]
    }
    leader = StickyAssignor(_TOPIC, partitions, f"http://{hosts[0]}:8101")
    data, seconds = b"", []
    for _ in range(_ROUNDS):
        began = time.process_time()
        assignments = leader.assign(_Cluster(partitions), members)
        seconds.append(time.process_time() - began)
        data = next(iter(assignments.values())).user_data
    return {
        "map_bytes": len(data),
        "record_bytes": record_bytes(data, members),
        "assign_ms": 1_000 * statistics.median(seconds),
    }


def owner(users: int) -> Figures:
    """Return an owner's bytes of memory per user. The users are live, and connected through a peer.

    The memory includes the process's cache of users' partitions.
    """
    # Empty this cache. Entries from earlier work would distort its growth: these users would need
    # fewer new entries, or would cause a copy of the whole cache.
    partition_of.cache_clear()
    tracemalloc.start()
    rig = OwnerRig()
    rig.adopt(_GENERATION, (0, 1))
    rig.assign(0, 1)
    gc.collect()  # otherwise, garbage of earlier work would be freed during the measurement
    before, _ = tracemalloc.get_traced_memory()
    session = Subscriptions("peer", rig.owner, rig.subscribers)
    for subscriptions in _in_batches(users):
        session.add(_GENERATION, subscriptions)
        for _, answer in rig.questions:
            answer(())  # the inbox owes the user nothing, so the user is live
        rig.questions.clear()
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return {"owner_bytes_per_user": (after - before) / users}


def _in_batches(users: int) -> Iterator[list[Subscription]]:
    for first in range(0, users, _BATCH):
        batch = range(first, min(first + _BATCH, users))
        # Make new strings, as a link does for each message.
        yield [Subscription(f"{number:020}", f"shopper-{number:07}") for number in batch]


async def documents(counts: tuple[int, ...] = _DOCUMENTS) -> dict[int, Figures]:
    """Return the bytes stored per notification. Half of the notifications are delivered."""
    ports = free_ports(20_000 + os.getpid() * 50 % 12_000)
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        async with (
            local_services(Path(folder), ports) as services,
            AsyncMongoClient[dict[str, object]](services.mongo_url) as client,
        ):
            database = client["capacity"]
            collection, ids, stored = database[COLLECTION], IdSource(), 0
            await collection.create_indexes(INDEXES)
            for count in counts:
                for _ in range(stored, count, _BATCH):
                    await collection.insert_many([_document(ids.next()) for _ in range(_BATCH)])
                stored = count
                await client.admin.command("fsync")
                stats = await database.command("collStats", COLLECTION)
                results[count] = {
                    "bson_bytes": stats["avgObjSize"],
                    "disk_bytes": stats["storageSize"] / count,
                    "index_bytes": stats["totalIndexSize"] / count,
                    **{f"{name}_bytes": size / count for name, size in stats["indexSizes"].items()},
                }
    return results


def _document(id_: str) -> dict[str, object]:
    now = datetime.now(UTC)
    number = random.randrange(100_000)  # noqa: S311 - a shopper
    return {
        "_id": id_,
        "user_id": f"shopper-{number:07}",
        "type": "order.shipped",
        "category": "order",
        "title": "Pedido despachado",
        "body": "Tu pedido va en camino y llega el martes entre las 10 y las 14 h",
        "data": f'{{"order_id":"{id_}"}}',
        "action_url": f"/orders/{number}",
        "created_at": now,
        "expires_at": None,
        "collapse_key": None,
        "delivered_at": now if number % 2 else None,
        "seen_at": now if number % 2 else None,
        "read_at": now if number % 4 == 3 else None,
        "archived_at": None,
        "superseded_by": None,
    }


def main(parts: list[str]) -> None:
    """Measure these parts, or all, and print a line for each size."""
    if not parts or "group" in parts:
        for name, maps in (("plain", PLAIN_MAP), ("compressed", COMPRESSED_MAP)):
            for instances, partitions in _GROUPS:
                title = f"{instances} instances, {partitions} partitions, {name}"
                _print(title, group(instances, partitions, maps))
    if not parts or "users" in parts:
        for users in _USERS:
            _print(f"{users:,} users", owner(users))
    if not parts or "documents" in parts:
        for count, figures in asyncio.run(documents()).items():
            _print(f"{count:,} notifications", figures)


def _print(title: str, figures: Figures) -> None:
    values = "  ".join(f"{key} {value:,.0f}" for key, value in figures.items())
    sys.stdout.write(f"{title:<44} {values}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
