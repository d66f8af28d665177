"""HAProxy as `make run` starts it, between real clients and instances that tests define."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.deploy.local.front import IMAGE_HOSTS, Front


@pytest_asyncio.fixture
async def front(
    tmp_path: Path, ports: Iterator[int], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Front]:
    """HAProxy, with no delivery instance yet."""
    monkeypatch.chdir(tmp_path)
    front = Front(next(ports), next(ports), UI_IMAGE_HOSTS=IMAGE_HOSTS)
    await front.haproxy.start()
    yield front
    await front.haproxy.stop()
