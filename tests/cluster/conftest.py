"""The cluster, which all tests of this folder share."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.cluster.cluster import Cluster
from tests.cluster.pace import QUICK


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def cluster(
    tmp_path_factory: pytest.TempPathFactory, ports: Iterator[int]
) -> AsyncIterator[Cluster]:
    """Three Kafkas and three mongods, with the fault proxies in front of them."""
    async with Cluster.running(tmp_path_factory.mktemp("cluster"), ports, QUICK) as running:
        yield running
