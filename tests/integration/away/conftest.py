"""The away program of a test, and the endpoints that it calls."""

from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import pytest_asyncio

from tests.services.program import ForkedProgram, Program
from tests.services.push_service import PRIVATE_KEY, PUBLIC_KEY, PushService
from tests.services.webhook_receiver import SECRET, WebhookReceiver
from tests.services.world import World


@pytest_asyncio.fixture
async def world(stack_env: dict[str, str]) -> AsyncIterator[World]:
    """The topics and the inbox of this test."""
    async with World.opened(stack_env) as opened:
        yield opened


@pytest_asyncio.fixture
async def receiver(ports: Iterator[int]) -> AsyncIterator[WebhookReceiver]:
    """The shop's receiver of webhooks."""
    async with WebhookReceiver.running(next(ports)) as running:
        yield running


@pytest_asyncio.fixture
async def push_service(ports: Iterator[int]) -> AsyncIterator[PushService]:
    """The push service of the shoppers' browsers."""
    async with PushService.running(next(ports), PUBLIC_KEY) as running:
        yield running


@pytest.fixture
def away(
    stack_env: dict[str, str], receiver: WebhookReceiver, ports: Iterator[int]
) -> Callable[..., Program]:
    """Return a function that makes an away program for this test, without starting it."""

    def make(**changed: str) -> Program:
        port = str(next(ports))
        env = {
            **stack_env,
            "AWAY_PORT": port,
            "AWAY_GROUP_ID": f"{stack_env['KAFKA_GROUP_ID']}-away",
            "AWAY_AFTER_SECONDS": "0.5",
            "AWAY_POLL_SECONDS": "0.05",
            "AWAY_ALLOWED_NETWORKS": "127.0.0.0/8",
            "AWAY_WEBHOOKS": f"*={receiver.url}/all",
            "AWAY_WEBHOOK_SECRET": SECRET,
            "AWAY_RETRY_FIRST_SECONDS": "0.05",
            "AWAY_VAPID_PRIVATE_KEY": PRIVATE_KEY,
            "AWAY_VAPID_SUBJECT": "mailto:ops@shop.example",
            **changed,
        }
        return ForkedProgram("delivery.away", f"http://127.0.0.1:{port}", env)

    return make
