"""A running program with its own topic and database, and the clients connected to it."""

import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from deploy.local.process import Process
from tests.bench.live.crowd import Crowd
from tests.bench.live.driver import create_all
from tests.services.env import discard, program_env
from tests.services.parts import Services
from tests.services.program import Program, running
from tests.services.world import World

Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case runs: the services and the free ports."""

    services: Services
    ports: Iterator[int]

    def env(self) -> dict[str, str]:
        """Return the environment of a program that may be suspended without leaving the group."""
        env = program_env(self.services, self.ports)
        return env | {"KAFKA_SESSION_TIMEOUT_MS": "45000", "KAFKA_TOPIC_PARTITIONS": "12"}

    @property
    def pids(self) -> dict[str, int]:
        """The pids of MongoDB, Kafka and the driver, whose figures include the creates."""
        parts = {"mongod+creates": self.services.mongo, "kafka+creates": self.services.kafka}
        pids = {name: part.pid for name, part in parts.items() if isinstance(part, Process)}
        return {**pids, "driver": os.getpid()}


@dataclass(frozen=True, slots=True)
class Stage:
    """The running program, its world and its clients."""

    place: Place
    env: dict[str, str]
    program: Program
    world: World
    crowd: Crowd

    @property
    def pids(self) -> dict[str, int]:
        """The processes whose CPU time is measured, by their names in the figures."""
        return {"delivery": self.program.pid, **self.place.pids}


def user_ids(count: int) -> list[str]:
    """Return the ids of this many users."""
    return [f"user-{number}" for number in range(count)]


def instance(env: dict[str, str], module: str = "delivery") -> Program:
    """Return the program that this environment describes."""
    return Program(module, f"http://127.0.0.1:{env['DELIVERY_PORT']}", env)


@asynccontextmanager
async def stage(
    place: Place, users: Sequence[str], module: str = "delivery", **settings: str
) -> AsyncIterator[Stage]:
    """Run one instance with these users connected and live, after one delivery to each."""
    env = place.env() | settings
    program = instance(env, module)
    async with World.opened(env) as world, running(program):
        try:
            async with Crowd.connected([program.url], users) as crowd:
                await create_all(world, list(users))
                await crowd.until_acked(len(users))
                crowd.ready.clear()
                yield Stage(place, env, program, world, crowd)
        except Exception as error:
            if not program.running and not program.end_awaited:
                raise program.failure(await program.ending()) from error
            raise
        finally:
            await program.kill()  # do not wait for the drain of thousands of sockets
    await discard(env)
