"""Reads the group and probes the instances once a second, and keeps the state of the river."""

import asyncio
import time
from typing import Any

from aiokafka.errors import KafkaError

from deploy.console import metrics
from deploy.console.core.commits import Commits
from deploy.console.core.members import Answer, Members
from deploy.console.core.memory import Memory
from deploy.console.core.river import Lane, in_flight_json, instances_json, lanes_json
from deploy.console.reading.reader import Reader
from deploy.console.settings import ConsoleSettings
from deploy.console.troubles import Code, Troubles
from deploy.console.watching.group import GroupReader
from deploy.console.watching.instances import InstanceProbe

_INTERVAL_SECONDS = 1.0
_KAFKA = "Kafka"


class Watch:
    """Owns the last state of the lanes, and the list of members."""

    def __init__(
        self,
        settings: ConsoleSettings,
        reader: Reader,
        instances: InstanceProbe,
        memory: Memory,
        commits: Commits,
        troubles: Troubles,
    ) -> None:
        self._settings = settings
        self._reader = reader
        self._group = GroupReader(settings.kafka_client_options(), settings.kafka_group_id)
        self._instances = instances
        self._memory = memory
        self._commits = commits
        self._troubles = troubles
        self._members = Members()
        self._lanes: list[Lane] = []
        self._addresses: tuple[str, ...] = ()
        self._owners: tuple[str, ...] = ()
        self._has_read_group = False

    async def run(self) -> None:
        """Update the state once a second, until cancelled."""
        try:
            while True:
                began = time.monotonic()
                await self._update()
                await asyncio.sleep(max(0.1, began + _INTERVAL_SECONDS - time.monotonic()))
        finally:
            await self._group.close()

    def state(self) -> dict[str, Any]:
        """Return the state of the river as JSON, without the time."""
        instances = self._instances.instances
        policies = [each.status.get("policy") for each in instances.values()]
        return {
            "topic": self._settings.kafka_topic,
            "group": self._settings.kafka_group_id,
            "policy": next(
                (each for each in policies if each), self._settings.delivery_offline_policy
            ),
            "partitions": lanes_json(self._lanes, instances),
            "instances": instances_json(self._members, instances, self._lanes),
            "in_flight": in_flight_json(instances.values()),
            "members": [each.public() for each in self._members.group_events],
            "problems": self._troubles.all(),
            "troubles": self._troubles.coded(),
        }

    async def _update(self) -> None:
        is_fresh = await self._read_group()
        self._has_read_group |= is_fresh
        if not self._has_read_group:
            return
        answers = await self._instances.probe(self._addresses)
        if not is_fresh:
            # Kafka did not answer. An instance with a closed port may have left the group
            # cleanly, so do not count it as dead.
            mute = {url: why for url, (answer, why) in answers.items() if answer.is_silence}
            answers |= {url: (Answer.SILENT, why) for url, why in mute.items()}
        instances = self._instances.instances.values()
        removed = {url for instance in instances for url in instance.removed}
        self._members.update(self._addresses, answers, self._owners, _now(), removed)
        for url in self._addresses:
            answer, _ = answers[url]
            if answer.is_silence:
                is_closed = answer is Answer.NONE
                code = Code.INSTANCE_CLOSED if is_closed else Code.INSTANCE_SILENT
                self._troubles.begin(url, code)
            elif not self._instances.instances[url].status:
                self._troubles.begin(url, Code.INSTANCE_WITHOUT_STATUS)
            else:
                self._troubles.end(url)
        self._troubles.keep_only_urls(self._addresses)
        metrics.KNOWN.set(len(self._memory))
        metrics.KNOWN_BYTES.set(self._memory.bytes)

    async def _read_group(self) -> bool:
        """Read the group, and return whether Kafka has answered."""
        ends = self._reader.main_ends
        if not ends:
            return False
        try:
            self._lanes, self._addresses, self._owners = await self._group.read(ends)
        except (KafkaError, OSError, TimeoutError) as error:
            detail = str(error) or type(error).__name__
            self._troubles.begin(_KAFKA, Code.KAFKA_SILENT, detail)
            return False
        self._troubles.end(_KAFKA)
        now = _now()
        for lane in self._lanes:
            for notification_id in self._commits.moved(lane.partition, lane.committed):
                known = self._memory.find(notification_id)
                if known is not None:
                    known.committed_at = now
        return True


def _now() -> int:
    return time.time_ns() // 1_000_000
