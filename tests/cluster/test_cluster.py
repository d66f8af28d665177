"""A shop on three Kafkas and three mongods, which fail while orders come in."""

from collections.abc import Iterator
from pathlib import Path

from tests.cluster.cluster import Cluster
from tests.cluster.shop import Shop


async def test_a_shop_runs_on_a_cluster_with_the_documented_rights(
    cluster: Cluster, tmp_path: Path, ports: Iterator[int]
) -> None:
    async with Shop.open(cluster, tmp_path, ports, {}, 6) as shop:
        async with shop.orders.going_on():
            await shop.orders.rounds(4)
        await shop.all_is_delivered()
    verdict = await shop.judged.verdict()
    verdict.assert_clean()
