"""`python -m deploy.local.kafka_classes`: cache Kafka's loaded classes (JEP 483).

Kafka then starts in half the time. Also keeps a formatted folder, which each new Kafka copies.
`make setup` runs this once. The cache and the folder are valid only for the installed JVM and jars.
"""

import asyncio
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.local.kafka import Kafka
from deploy.local.paths import KAFKA_CLASSES, KAFKA_FORMATTED
from deploy.local.ports import free_ports
from deploy.local.process import PartFailedError

_FIRST_PORT = 31_000
_STOP_SECONDS = 120.0


async def _write_cache() -> None:
    ports = free_ports(_FIRST_PORT)
    with TemporaryDirectory() as folder:
        output = f"-XX:AOTCacheOutput={KAFKA_CLASSES}"
        kafka = Kafka(Path(folder), next(ports), next(ports), classes=output)
        await kafka.format()
        shutil.rmtree(KAFKA_FORMATTED, ignore_errors=True)
        shutil.copytree(kafka.logs, KAFKA_FORMATTED)
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
