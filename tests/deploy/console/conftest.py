"""One API, one delivery instance and one console, which the tests of this folder share."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest_asyncio

from tests.faults.proxy import KafkaLink, Proxy
from tests.integration.producer_api.api import Api
from tests.services.env import program_env
from tests.services.http import http_client
from tests.services.parts import Services
from tests.services.program import ForkedProgram, Program, running
from tests.services.tokens import SECRET, sign
from tests.services.waiting import eventually
from tests.services.world import World


def visitor_token(
    scope: str = "notifications:read", *, subject: str = "eva", lifetime: float = 3600
) -> str:
    """Return a token for somebody who opens the machine room."""
    return sign(SECRET, lifetime=lifetime, sub=subject, scope=scope)


@dataclass(frozen=True)
class Room:
    """The running programs, and clients for them."""

    env: dict[str, str]
    world: World
    api: Api
    delivery: Program
    second: Program
    """Another instance, not started."""
    console: Program
    kafka: KafkaLink
    """The console's only way to Kafka."""
    api_way: Proxy
    """The console's only way to the API."""
    visitor: httpx.AsyncClient
    """A client of the console whose token allows only reading."""

    @property
    def urls(self) -> set[str]:
        """The addresses of both instances."""
        return {self.delivery.url, self.second.url}

    async def life(self, notification_id: str, *awaited: str) -> dict[str, Any]:
        """Return a notification's life, as soon as it has the awaited steps."""
        told: dict[str, Any] = {}

        async def is_told() -> bool:
            answer = await self.visitor.get(f"/api/notifications/{notification_id}")
            told.update(answer.json())
            return set(awaited) <= {step["name"] for step in told.get("steps", ())}

        try:
            await eventually(is_told)
        except TimeoutError:
            raise AssertionError(told) from None
        return told

    async def place_of_letter(self, notification_id: str) -> str:
        """Return where the notification's dead letter is, once the console has read it."""
        places: list[str] = []

        async def is_read() -> bool:
            places.extend(filter(None, [await self.place_if_read(notification_id)]))
            return bool(places)

        await eventually(is_read)
        return places[0]

    async def place_if_read(self, notification_id: str) -> str | None:
        """Return where the notification's dead letter is, or None if the console knows none."""
        answer = await self.visitor.get(f"/api/notifications/{notification_id}")
        steps = answer.json().get("steps", ())
        places = (step["details"].get("place") for step in steps if step["name"] == "dead_lettered")
        return next((str(place) for place in places if place), None)

    async def found(self, by: str, text: str) -> list[dict[str, Any]]:
        """Return what a search finds."""
        answer = await self.visitor.get("/api/notifications", params={"by": by, "q": text})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def room(services: Services, ports: Iterator[int]) -> AsyncIterator[Room]:
    kafka = KafkaLink(next(ports), services.kafka_bootstrap)
    env = program_env(services, ports)
    api_way = Proxy(next(ports), int(env["PRODUCER_API_PORT"]))
    second_port = str(next(ports))
    console_env = env | {
        "CONSOLE_PORT": str(next(ports)),
        "PRODUCER_API_URL": api_way.url,
        "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap,
    }
    producer_api = _program("producer_api", "PRODUCER_API_PORT", env)
    delivery = _program("delivery", "DELIVERY_PORT", env)
    second = _program("delivery", "DELIVERY_PORT", env | {"DELIVERY_PORT": second_port})
    console = _program("deploy.console", "CONSOLE_PORT", console_env)
    headers = {"Authorization": f"Bearer {visitor_token()}"}
    async with (
        World.opened(env) as world,
        kafka.running(),
        api_way.running(),
        running(producer_api, delivery, console),
        Api(producer_api.url) as api,
        http_client(console.url, headers=headers, timeout=20.0) as visitor,
    ):
        yield Room(env, world, api, delivery, second, console, kafka, api_way, visitor)


def _program(module: str, port: str, env: dict[str, str]) -> Program:
    return ForkedProgram(module, f"http://127.0.0.1:{env[port]}", env)
