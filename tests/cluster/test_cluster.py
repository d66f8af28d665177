"""A shop on three Kafkas and three mongods, which fail while orders come in."""

from collections.abc import Iterator
from pathlib import Path

from tests.cluster.cluster import Cluster
from tests.cluster.faults import inflict
from tests.cluster.schedule import Fault, Step
from tests.cluster.shop import UNEXPECTED, Shop
from tests.services.waiting import PATIENCE_SECONDS

_USERS = 6
#: Each step has faults of Kafka and of MongoDB at the same time, so that there are few steps: the
#: cluster needs time to recover after each.
_STEPS = (
    Step("deaths", (Fault("coordinator killed", 0, 0), Fault("primary killed", 0, 0))),
    Step(
        "broken links",
        (
            Fault("link to a broker blackholed", 0, 3),
            Fault("link to the primary cut", 0, 1),
            Fault("broker frozen", 1, 3),
        ),
    ),
    Step(
        "rolling restarts",
        (
            Fault("brokers restarted in turn", 0, 0),
            Fault("primary stepped down", 0, 0),
            Fault("mongods restarted in turn", 0, 0, after=1),
        ),
    ),
)


async def test_a_cluster_may_fail_in_every_part_and_nothing_is_lost(
    cluster: Cluster, tmp_path: Path, ports: Iterator[int]
) -> None:
    settings = {"KAFKA_SESSION_TIMEOUT_MS": "6000"}
    async with Shop.open(cluster, tmp_path, ports, settings, _USERS) as shop:
        async with shop.orders.going_on():
            await shop.orders.rounds(2)
            for step in _STEPS:
                await inflict(step, shop)
                await shop.recovered(2 * PATIENCE_SECONDS)
        await shop.all_is_delivered()
    verdict = await shop.judged.verdict()
    verdict.assert_clean(max_duplicates=None)
    assert verdict.counts.accepted == verdict.counts.delivered
    assert shop.orders.repeats[str(UNEXPECTED)] == 0
