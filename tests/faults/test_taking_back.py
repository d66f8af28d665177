"""Notifications are taken back while processes die, partitions move, and Kafka is down."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

import pytest

from tests.faults.conftest import FleetOf, ProducersOf
from tests.faults.fleet import Fleet
from tests.faults.producers import Producers
from tests.faults.proxy import KafkaLink
from tests.faults.regrets import Regrets
from tests.faults.roaming import roaming
from tests.integration.delivery.judged import Judged
from tests.integration.producer_api.api import Api
from tests.integration.producer_api.outside import PATIENT, drained, kill, outbox
from tests.services.parts import Services, away
from tests.services.program import Program
from tests.services.shopper import Shopper, connected
from tests.services.waiting import eventually
from tests.services.world import World

_Death = Callable[[], Awaitable[None]]

_KEY = "order-1"
_NAMED = ("live", "silent", "offline", "updated", "erased")
_PRESENT, _ABSENT = [f"user-{number}" for number in range(4)], ["away-0", "away-1"]
#: These hold back their acks. The last one's partition moves to the instance that dies.
_SLOW = _PRESENT[1::2]


@pytest.fixture
def kafka(services: Services, ports: Iterator[int]) -> KafkaLink:
    """A link to Kafka for one producer API. The test may stop the link."""
    return KafkaLink(next(ports), services.kafka_bootstrap)


@asynccontextmanager
async def _going_on(
    regrets: Regrets, fleet: Fleet, judged: Judged, rounds: int
) -> AsyncIterator[None]:
    """Create and withdraw, while half of the users acknowledge only at the end."""
    async with roaming(_PRESENT, fleet, judged) as roamers:
        slow = [roamer for roamer in roamers if roamer.user in _SLOW]
        for roamer in slow:
            roamer.stop_acking()
        async with regrets.going_on():
            await regrets.rounds(rounds)
            yield
        for roamer in slow:
            roamer.start_acking()
        await regrets.world.all_delivered(regrets.kept_of(_PRESENT))


async def _die_with_open_withdrawals(
    producers: Producers, kafka: KafkaLink, world: World, taken: Mapping[str, str]
) -> None:
    """Kill the first API after it has written these withdrawals, and before it publishes them."""
    ids = list(taken.values())

    async def all_written() -> bool:
        written = world.inbox.count_documents({"_id": {"$in": ids}, "removed": "withdrawn"})
        return bool(await written == len(ids))

    async with away(kafka), Api(producers[0].url) as api:
        asked = [asyncio.create_task(api.withdraw(each)) for each in ids]
        await eventually(all_written)
        # Count before the kill: after it, the other API soon takes the intents over, and may
        # publish them before they are counted.
        assert await outbox(world).count_documents({}) >= len(ids)
        await kill(producers[0], world)
        await asyncio.gather(*asked, return_exceptions=True)


@dataclass
class _Named:
    """One user of each kind, each with a notification that is withdrawn, and one that is kept."""

    world: World
    shopper: Callable[..., Shopper]
    users: dict[str, str]
    taken: dict[str, str] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)

    async def create(self, api: Api) -> None:
        """Create both notifications for each user."""
        for name, user in self.users.items():
            self.taken[name] = (await api.created(user, collapse_key=_KEY))["id"]
            self.kept[name] = (await api.created(user))["id"]

    async def check(self, api: Api, kill: _Death, die: _Death) -> None:
        """Take notifications back while an API and an instance die. Check what each user gets."""
        live, silent = self._shopper("live"), self._shopper("silent", acking=False)
        async with connected(live, silent):
            await self.create(api)
            await self.world.all_delivered([self.taken["live"], self.kept["live"]])
            await silent.until(lambda: self.taken["silent"] in silent.received)
            await die()
            await kill()
            # This user connects before Kafka has a record of the withdrawal.
            async with connected(back := self._shopper("offline")):
                await self.world.all_delivered([self.kept["offline"]])
                assert back.received == [self.kept["offline"]]
            newer = (await api.created(self.users["updated"], collapse_key=_KEY))["id"]
            assert (await api.erase(self.users["erased"])).status_code == 204
            await live.until(lambda: bool(live.inbox_events))
            await silent.until(lambda: bool(silent.inbox_events))
            pushed = silent.received.count(self.taken["silent"])
            later, updated = self._shopper("silent"), self._shopper("updated")
            async with connected(later, updated):
                rest = [self.kept["silent"], self.kept["updated"], newer]
                await self.world.all_delivered(rest)
            assert [later.received, updated.received] == [rest[:1], rest[1:]]
        for name, shopper in (("live", live), ("silent", silent)):
            (change,) = shopper.inbox_events[-1]["changed"]
            assert change["id"] == self.taken[name]
        assert silent.received.count(self.taken["silent"]) == pushed

    def _shopper(self, name: str, *, acking: bool = True) -> Shopper:
        return self.shopper(self.users[name], acking=acking)


@pytest.fixture
def _patient(stack_env: dict[str, str], judged: Judged) -> None:
    """Offsets wait for acks, and no push is repeated because its ack is late."""
    stack_env |= {"DELIVERY_OFFLINE_POLICY": "hold", "DELIVERY_ACK_TIMEOUT_SECONDS": "120"}
    judged.hold = True
    judged.max_repeated_receipts = 0.05


@pytest.mark.usefixtures("_patient")
async def test_a_withdrawn_notification_is_not_pushed_after_an_api_and_an_instance_die(
    world: World, fleet_of: FleetOf, producers_of: ProducersOf, judged: Judged, kafka: KafkaLink
) -> None:
    """An API dies after writing withdrawals, before it publishes them. Then an instance dies."""
    cut = {"KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap, **PATIENT}
    fleet, producers = fleet_of(2), producers_of(cut, {})
    regrets = Regrets(producers.urls, [*_PRESENT, *_ABSENT], world)
    shopper = partial(judged.shopper, url=fleet[0].url)
    async with kafka.running(), producers.running(), fleet.running(0):
        async with _going_on(regrets, fleet, judged, rounds=2):
            await fleet.start(1)
            await fleet.shared_by(0, 1)
            moved = await _partitions_of(fleet[1])
            assert _SLOW[-1] in {world.users_of_partition(each, 1)[0] for each in moved}
            kept = min(await _partitions_of(fleet[0]))
            users = world.users_of_partition(kept, len(_NAMED))
            named = _Named(world, shopper, dict(zip(_NAMED, users, strict=True)))
            async with Api(producers[1].url) as api:
                die = partial(_die_with_open_withdrawals, producers, kafka, world, named.taken)
                await named.check(api, partial(fleet.kill, 1), die)
            await fleet.shared_by(0)
        await drained(world)
        async with connected(*(returned := [shopper(user) for user in _ABSENT])):
            await world.all_delivered(regrets.kept_of(_ABSENT))
            await world.all_committed()
            await world.all_receipts_confirmed()
    assert regrets.withdrawn.isdisjoint(id_ for each in returned for id_ in each.received)
    judged.max_duplicates = _unacked_on_earlier_connections(judged.shoppers)


def _unacked_on_earlier_connections(shoppers: Sequence[Shopper]) -> int:
    """Return how many repeats are allowed: what a device left unacknowledged when it reconnected.

    The first instance lives throughout, and knows what each of its sockets has not acknowledged.
    So nothing is repeated on a connection, whichever owner pushes it. On a slow machine, the dead
    instance's partitions may be without an owner for so long that their users are disconnected.
    """
    last = {shopper.client: shopper for shopper in shoppers}
    return sum(
        len(set(shopper.received).difference(shopper.acked))
        for shopper in shoppers
        if shopper is not last[shopper.client]
    )


async def _partitions_of(instance: Program) -> list[int]:
    """Return the partitions that the instance owns."""
    begin, samples = 'delivery_lag_records{partition="', await instance.samples()
    owned = [name for name in samples if name.startswith(begin)]
    return [int(name.removeprefix(begin).removesuffix('"}')) for name in owned]
