"""A shop on the cluster: two producer APIs, three delivery instances, orders and shoppers.

Each program has the user, and thereby the rights, that `docs/security.md` gives it.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.auditor.audit import Sources
from tests.auditor.commit_sampler import CommitSampler, sampled
from tests.auditor.logs import AcceptedLog
from tests.cluster.cluster import Cluster
from tests.faults.fleet import Fleet
from tests.faults.orders import OrderService
from tests.faults.producers import Producers
from tests.faults.proxy import Proxy
from tests.faults.roaming import Roamer, all_have, roaming
from tests.integration.delivery.judged import Judged
from tests.integration.producer_api.outside import drained
from tests.services.tokens import SECRET
from tests.services.waiting import PATIENCE_SECONDS, eventually
from tests.services.world import World

_APIS, _INSTANCES = 2, 3
UNEXPECTED = 500
#: The order service also repeats a request after a 500. A campaign reports how often.
_REPEATED = frozenset({409, 503, UNEXPECTED})


@dataclass(frozen=True, slots=True)
class Shop:
    """The parts of a shop, all running, and the run for the auditor."""

    cluster: Cluster
    world: World
    producers: Producers
    fleet: Fleet
    orders: OrderService
    roamers: list[Roamer]
    judged: Judged

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        cluster: Cluster,
        folder: Path,
        ports: Iterator[int],
        settings: Mapping[str, str],
        users: int,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> AsyncIterator[Self]:
        """Start everything and connect all shoppers, but send no order yet.

        `settings` are additional settings of all programs. An order may take up to
        `patience_seconds`.
        """
        env = {**SHARED, **settings}
        await cluster.prepare(env)
        outside = {**env, **cluster.outside(), "MONGO_URL": cluster.members.admin_url}
        producers = _producers(cluster, env, ports)
        fleet = _fleet(cluster, env, ports)
        async with World.opened(outside) as world:
            world.accepted = AcceptedLog(folder / "accepted.jsonl")
            judged = _judged(outside, folder)
            names = [f"user-{number}" for number in range(users)]
            orders = OrderService(
                producers.urls,
                names,
                world.accepted,
                patience_seconds=patience_seconds,
                repeated_statuses=_REPEATED,
            )
            async with (
                sampled(CommitSampler(judged.sources)),
                producers.running(),
                fleet.running(*range(_INSTANCES)),
                roaming(names, fleet, judged) as roamers,
            ):
                yield cls(cluster, world, producers, fleet, orders, roamers, judged)

    async def recovered(self, within: float) -> None:
        """Wait until the parts work together again: each shopper gets a new order's notification.

        Raises `TimeoutError` after `within` seconds.
        """
        async with asyncio.timeout(within):
            await self.cluster.in_sync()
            await self.cluster.members.all_serve()
            await self.orders.rounds(1)
            ordered = {user: ids[-1] for user, ids in self.orders.created.items()}

            async def have_newer() -> bool:
                # A user's ids increase, because their next order waits for the answer.
                return all(roamer.newest >= ordered[roamer.user] for roamer in self.roamers)

            await eventually(have_newer, within=within)

    async def all_is_delivered(self) -> None:
        """Wait until Kafka has every record, and each shopper every notification."""
        await drained(self.world)
        await all_have(self.orders.created, self.roamers)
        await self.world.all_delivered([id_ for ids in self.orders.created.values() for id_ in ids])
        await self.world.all_committed()


#: The settings that all programs share. The topic, group and database have their default names.
SHARED = {
    "PATH": os.environ["PATH"],
    "PYTHONUNBUFFERED": "1",
    "KAFKA_TOPIC": "notifications",
    "KAFKA_TOPIC_PARTITIONS": "6",
    "KAFKA_TOPIC_REPLICATION_FACTOR": "3",
    "KAFKA_GROUP_ID": "delivery",
    "MONGO_DATABASE": "notifications",
    "AUTH_JWT_SECRET": SECRET,
    "DELIVERY_PEER_SECRET": "a secret of the instances",
}


def _settings_of(cluster: Cluster, program: str, env: Mapping[str, str]) -> dict[str, str]:
    return {**env, **cluster.scram(program), **cluster.mongo(program)}


def _producers(cluster: Cluster, env: Mapping[str, str], ports: Iterator[int]) -> Producers:
    own = _settings_of(cluster, "producer-api", env)
    ports_of = [{**own, "PRODUCER_API_PORT": str(next(ports))} for _ in range(_APIS)]
    return Producers(ports_of, common={})


def _fleet(cluster: Cluster, env: Mapping[str, str], ports: Iterator[int]) -> Fleet:
    own = _settings_of(cluster, "delivery", env)
    proxies = []
    environments = []
    for _ in range(_INSTANCES):
        port = next(ports)
        proxy = Proxy(next(ports), port)
        proxies.append(proxy)
        address = {"DELIVERY_PORT": str(port), "DELIVERY_ADVERTISED_URL": proxy.url}
        environments.append({**own, **address})
    return Fleet(environments, proxies)


def _judged(env: Mapping[str, str], folder: Path) -> Judged:
    clients, accepted, samples = (
        folder / name for name in ("clients", "accepted.jsonl", "samples.jsonl")
    )
    clients.mkdir()
    sources = Sources.of(env, clients=clients, accepted=accepted, samples=samples)
    return Judged(sources, clients, "http://nowhere")
