"""Keeps Kafka's classes as the JVM has them when loaded (JEP 483): it starts in half the time.

`make setup` runs this once, for the JVM and the jars that are there: `python -m
deploy.local.kafka_classes`.
"""

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.local.kafka import Kafka
from deploy.local.paths import KAFKA_CLASSES
from deploy.local.ports import free_ports
from deploy.local.process import PartFailedError

_FIRST_PORT = 31_000
_WRITTEN_WITHIN_SECONDS = 120.0


async def _keep() -> None:
    ports = free_ports(_FIRST_PORT)
    with TemporaryDirectory() as folder:
        written = f"-XX:AOTCacheOutput={KAFKA_CLASSES}"
        kafka = Kafka(Path(folder), next(ports), next(ports), classes=written)
        try:
            await kafka.start()
        finally:
            await kafka.stop(_WRITTEN_WITHIN_SECONDS)
    if not KAFKA_CLASSES.exists():
        raise kafka.failure(f"has not written {KAFKA_CLASSES}")


if __name__ == "__main__":
    try:
        asyncio.run(_keep())
    except PartFailedError as error:
        sys.exit(str(error))
