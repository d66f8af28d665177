"""`python -m deploy.local.kafka_classes`: cache Kafka's loaded classes (JEP 483).

Kafka then starts in half the time. `make setup` runs this once. The cache is valid only for the
installed JVM and jars.
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
_STOP_SECONDS = 120.0


async def _write_cache() -> None:
    ports = free_ports(_FIRST_PORT)
    with TemporaryDirectory() as folder:
        output = f"-XX:AOTCacheOutput={KAFKA_CLASSES}"
        kafka = Kafka(Path(folder), next(ports), next(ports), classes=output)
        try:
            await kafka.start()
        finally:
            await kafka.stop(_STOP_SECONDS)
    if not KAFKA_CLASSES.exists():
        raise kafka.failure(f"did not write {KAFKA_CLASSES}")


if __name__ == "__main__":
    try:
        asyncio.run(_write_cache())
    except PartFailedError as error:
        sys.exit(str(error))
