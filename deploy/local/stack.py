"""The composition root of the local stack, which starts its parts in order."""

import os
import time
from collections.abc import AsyncGenerator, Mapping

from deploy.local.control import Command, Released
from deploy.local.haproxy import Haproxy
from deploy.local.instances import Instances, RefusedError
from deploy.local.kafka import Kafka
from deploy.local.mongo import Mongo
from deploy.local.part_logs import PartLogs, say
from deploy.local.ports import HOST
from deploy.local.process import PartFailedError, Process
from deploy.local.program import Program
from deploy.local.report import ready_line
from deploy.local.settings import LocalSettings
from deploy.local.supervisor import Supervisor
from producer_api.contract.settings import SharedSettings
from producer_api.contract.topics import ensure_topics

_PAUSE_SECONDS = 10.0


class Stack:
    """Starts each part once the parts that it needs are ready."""

    def __init__(
        self,
        settings: LocalSettings,
        shared: SharedSettings,
        logs: PartLogs,
        supervisor: Supervisor,
    ) -> None:
        self._settings = settings
        self._shared = shared
        self._logs = logs
        self._supervisor = supervisor
        self._started_at = time.monotonic()
        self._haproxy = Haproxy(os.environ, logs.sink("haproxy", shown=False))
        self._kafka = self._new_kafka()
        self._instances = Instances(settings, logs, supervisor, self._haproxy)

    @property
    def commands(self) -> Mapping[str, Command]:
        """The requests that the running stack accepts, by verb."""
        return {
            "scale": lambda count, _: self._instances.scale(int(count)),
            "list": lambda _, __: self._instances.report(),
            "kill": lambda name, _: self._instances.kill(name),
            "pause": self._pause,
        }

    async def _pause(self, name: str, released: Released) -> AsyncGenerator[str]:
        """Keep Kafka stopped until the client releases it, or is gone."""
        if name != self._kafka.name:
            raise RefusedError(f"{name}: only kafka can be paused")
        try:
            async with self._supervisor.paused(self._kafka, _PAUSE_SECONDS):
                say("kafka is stopped, as requested")
                yield "kafka is stopped"
                await released()
        except PartFailedError as error:
            raise RefusedError(str(error)) from error
        say("kafka is ready again")
        yield "kafka is ready again"

    async def bring_up(self) -> None:
        """Start all parts, and print a line when each is ready. Raises `PartFailedError`."""
        settings = self._settings
        await self._start(self._mongo())
        await self._start(self._kafka)
        await ensure_topics(self._shared)
        self._say_ready("topics")
        await self._start(self._program("producer-api", "producer_api", settings.producer_api_port))
        await self._start(self._haproxy)
        for _ in range(settings.local_delivery_instances):
            self._say_ready(await self._instances.join())
        await self._start(self._program("away", "delivery.away", settings.away_port))
        await self._start(self._program("console", "deploy.console", settings.console_port))
        await self._start(self._program("demo-shop", "deploy.demo_shop", settings.demo_shop_port))

    async def _start(self, part: Process) -> None:
        await self._supervisor.start(part)
        self._say_ready(part.name)

    def _say_ready(self, name: str) -> None:
        say(ready_line(name, time.monotonic() - self._started_at))

    def _mongo(self) -> Process:
        return Mongo(
            self._settings.local_data / "mongo",
            self._settings.local_mongo_port,
            on_line=self._logs.sink("mongod", shown=False),
        )

    def _new_kafka(self) -> Process:
        return Kafka(
            self._settings.local_data / "kafka" / "data",
            self._settings.local_kafka_port,
            self._settings.local_kafka_controller_port,
            on_line=self._logs.sink("kafka", shown=False),
        )

    def _program(self, name: str, module: str, port: int) -> Program:
        url = f"http://{HOST}:{port}"
        return Program(name, module, url, os.environ, self._logs.sink(name))
