"""What delivery finds in its surroundings, made as the contract says."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.services.world import World


@pytest_asyncio.fixture
async def world(stack_env: dict[str, str]) -> AsyncIterator[World]:
    """The topic, the inbox and the group of one test."""
    async with World.opened(stack_env) as opened:
        yield opened
