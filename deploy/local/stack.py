"""The composition root of the local stack: which parts there are, and their order."""

import os
import time
from collections.abc import Iterator, Mapping

from deploy.local.environment import delivery_environment
from deploy.local.kafka import Kafka
from deploy.local.mongo import Mongo
from deploy.local.part_logs import PartLogs, say
from deploy.local.ports import HOST
from deploy.local.process import Process
from deploy.local.program import Program
from deploy.local.report import ready_line
from deploy.local.settings import LocalSettings
from deploy.local.supervisor import Supervisor
from producer_api.contract.settings import SharedSettings
from producer_api.contract.topics import ensure_topics


class Stack:
    """Brings everything up, each part once those it needs are ready."""

    def __init__(self, settings: LocalSettings, shared: SharedSettings, logs: PartLogs) -> None:
        self._settings = settings
        self._shared = shared
        self._logs = logs

    async def bring_up(self, supervisor: Supervisor) -> None:
        """Start all parts, and tell of each that it is ready. Raises `PartFailedError`."""
        began = time.monotonic()
        for part in self._data_parts():
            await supervisor.start(part)
            say(ready_line(part.name, time.monotonic() - began))
        await ensure_topics(self._shared)
        say(ready_line("topics", time.monotonic() - began))
        for part in self._programs():
            await supervisor.start(part)
            say(ready_line(part.name, time.monotonic() - began))

    def _data_parts(self) -> Iterator[Process]:
        settings = self._settings
        yield Mongo(
            settings.local_data / "mongo",
            settings.local_mongo_port,
            on_line=self._logs.sink("mongod", shown=False),
        )
        yield Kafka(
            settings.local_data / "kafka" / "data",
            settings.local_kafka_port,
            settings.local_kafka_controller_port,
            on_line=self._logs.sink("kafka", shown=False),
        )

    def _programs(self) -> Iterator[Process]:
        settings = self._settings
        yield self._program("producer-api", "producer_api", settings.producer_api_port)
        for i, port in enumerate(settings.delivery_ports, start=1):
            yield self._program(f"delivery-{i}", "delivery", port, delivery_environment(port))
        yield self._program("demo-shop", "deploy.demo_shop", settings.demo_shop_port)
        yield self._program("ui", "deploy.local.ui", settings.ui_port)

    def _program(
        self, name: str, module: str, port: int, extra: Mapping[str, str] | None = None
    ) -> Program:
        environment = {**os.environ, **(extra or {})}
        return Program(name, module, f"http://{HOST}:{port}", environment, self._logs.sink(name))
