"""The last release runs beside this one, in both directions of an upgrade, under load."""

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.faults.conftest import FleetOf, ProducersOf
from tests.faults.fleet import Fleet
from tests.faults.orders import OrderService
from tests.faults.producers import Producers
from tests.faults.proxy import KafkaLink
from tests.faults.roaming import Roamer, all_have, roaming
from tests.integration.delivery.judged import Judged
from tests.integration.producer_api.outside import drained
from tests.services.program import Program
from tests.services.published import assert_topics_match_the_contract
from tests.services.waiting import eventually
from tests.services.world import World
from tests.upgrade.exchange import relay_for_each_other, share_requests
from tests.upgrade.released import unpacked

_USERS = [f"user-{number}" for number in range(12)]
_PACKAGES = {"delivery", "producer_api", "runtime"}
#: So long that no session ends, and no push is repeated, even if a release starts slowly.
_PATIENT = {"KAFKA_SESSION_TIMEOUT_MS": "30000", "DELIVERY_ACK_TIMEOUT_SECONDS": "120"}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the last release."""
    return unpacked(tmp_path_factory.mktemp("release"))


@pytest.fixture
def links(stack_env: dict[str, str], ports: Iterator[int]) -> list[KafkaLink]:
    """The links to Kafka of the old and of the new producer API."""
    return [KafkaLink(next(ports), stack_env["KAFKA_BOOTSTRAP_SERVERS"]) for _ in range(2)]


def test_the_last_release_runs_from_its_own_sources(release: Path) -> None:
    code = "import delivery, producer_api, runtime; print(delivery.__file__)"
    command = [sys.executable, "-c", code]
    found = subprocess.check_output(command, cwd=release, text=True)  # noqa: S603 - our own sources
    assert Path(found.strip()).is_relative_to(release)


async def test_both_releases_share_a_group_and_an_outbox_forwards_and_back(
    world: World,
    release: Path,
    links: list[KafkaLink],
    producers_of: ProducersOf,
    fleet_of: FleetOf,
    judged: Judged,
    stack_env: dict[str, str],
) -> None:
    stack_env |= _PATIENT
    # When partitions move, an owner of 0.1.0 may report a connected user's notification as parked,
    # if an edge hears of the new map first (docs/upgrades.md). So judge these receipts loosely.
    judged.may_freeze = True
    assert world.accepted is not None
    ways = [{"KAFKA_BOOTSTRAP_SERVERS": link.bootstrap} for link in links]
    producers = producers_of(*ways, releases=[release, None])
    fleet = fleet_of(4, releases=[release, release, None, None])
    orders = OrderService(producers.urls, _USERS, world.accepted)
    async with (
        _started_by_old(producers, links),
        fleet.running(0, 1),
        roaming(_USERS, fleet, judged) as roamers,
    ):
        async with orders.going_on():
            await orders.rounds(2)
            link_of = dict(zip(producers.urls, links, strict=True))
            upgrade = _Upgrade(world, producers, fleet, orders, roamers, link_of)
            await upgrade.replace(0, range(2), range(2, 4))
            await upgrade.replace(1, range(2, 4), range(2))
        await drained(world)
        await all_have(orders.created, roamers)
        await world.all_delivered([id_ for ids in orders.created.values() for id_ in ids])
        await world.all_committed()
        await assert_topics_match_the_contract(world)
        # A roamer reconnects only when its own instance stops.
        assert max(roamer.connects for roamer in roamers) <= 1 + len(fleet.instances)
    await orders.each_once(world)
    assert _errors([*producers.processes, *fleet.instances]) == []


def _errors(programs: Sequence[Program]) -> list[dict[str, Any]]:
    """Return what the programs themselves logged as errors, such as a map that they cannot read."""
    return [
        event
        for program in programs
        for event in program.events
        if event["level"] == "error" and event["logger"].split(".")[0] in _PACKAGES
    ]


@dataclass(frozen=True, slots=True)
class _Upgrade:
    """Replaces the running programs of one release with those of the other."""

    world: World
    producers: Producers
    fleet: Fleet
    orders: OrderService
    roamers: Sequence[Roamer]
    link_of: Mapping[str, KafkaLink]

    async def replace(self, api: int, before: Sequence[int], after: Sequence[int]) -> None:
        """Replace the producer API `api` and the instances `before`, while orders continue."""
        old, new = self.producers[api], self.producers[1 - api]
        indexes = await self._indexes()
        await new.start()  # with the data that the other release has stored
        assert indexes.items() <= (await self._indexes()).items(), (
            "the other release still needs its indexes"
        )
        async with self._acks_held_at(self.fleet[before[1]].url):
            await self.fleet.roll(before[0], after[0])
        await share_requests(self.world, old.url, new.url)
        await relay_for_each_other(self.orders, self.link_of)
        await self.fleet.roll(before[1], after[1])
        await old.stop()
        await self.orders.rounds(2)

    @asynccontextmanager
    async def _acks_held_at(self, url: str) -> AsyncIterator[None]:
        """Let the users at this instance hold back acks.

        Commits then carry settled maps while partitions move.
        """
        held = [roamer for roamer in self.roamers if roamer.url == url]
        for roamer in held:
            roamer.stop_acking()
        await eventually(self._has_maps)
        yield
        await eventually(self._has_maps)
        for roamer in held:
            roamer.start_acking()
        await self.orders.rounds(1)

    async def _indexes(self) -> dict[tuple[str, str], Any]:
        """Return the definitions of all indexes, by collection and name."""
        database = self.world.mongo[self.world.settings.mongo_database]
        return {
            (collection, name): definition
            for collection in await database.list_collection_names()
            for name, definition in (await database[collection].index_information()).items()
        }

    async def _has_maps(self) -> bool:
        return any(offset.metadata for offset in (await self.world.committed()).values())


@asynccontextmanager
async def _started_by_old(producers: Producers, links: list[KafkaLink]) -> AsyncIterator[None]:
    """Start only the old producer API. When the context ends, stop both APIs."""
    async with links[0].running(), links[1].running():
        try:
            await producers[0].start()
            yield
        finally:
            for process in producers.processes:
                await process.stop()
