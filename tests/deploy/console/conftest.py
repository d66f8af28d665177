"""One API, one delivery instance and one console, which the tests of this folder share."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import httpx
import pytest
import pytest_asyncio

from tests.integration.producer_api.api import Api
from tests.services.env import program_env
from tests.services.http import http_client
from tests.services.parts import Services
from tests.services.program import ForkedProgram, Program, running
from tests.services.tokens import SECRET, sign
from tests.services.world import World


def visitor_token(scope: str = "notifications:read", *, lifetime: float = 3600) -> str:
    """Return a token for a person who looks at the machine room."""
    return sign(SECRET, lifetime=lifetime, sub="eva-on-call", scope=scope)


@dataclass(frozen=True)
class Room:
    """The running programs, and clients for them."""

    env: dict[str, str]
    world: World
    api: Api
    delivery: Program
    console: Program
    visitor: httpx.AsyncClient
    """A client of the console whose token may only look."""


@pytest.fixture(scope="module")
def room_env(services: Services, ports: Iterator[int]) -> dict[str, str]:
    env = program_env(services, ports)
    return env | {
        "CONSOLE_PORT": str(next(ports)),
        "PRODUCER_API_URL": f"http://127.0.0.1:{env['PRODUCER_API_PORT']}",
        "DELIVERY_ACK_TIMEOUT_SECONDS": "60",
    }


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def room(room_env: dict[str, str]) -> AsyncIterator[Room]:
    env = room_env
    producer_api = ForkedProgram("producer_api", env["PRODUCER_API_URL"], env)
    delivery = ForkedProgram("delivery", f"http://127.0.0.1:{env['DELIVERY_PORT']}", env)
    console = ForkedProgram("deploy.console", f"http://127.0.0.1:{env['CONSOLE_PORT']}", env)
    headers = {"Authorization": f"Bearer {visitor_token()}"}
    async with (
        World.opened(env) as world,
        running(producer_api, delivery, console),
        Api(producer_api.url) as api,
        http_client(console.url, headers=headers, timeout=20.0) as visitor,
    ):
        yield Room(env, world, api, delivery, console, visitor)
