"""The segment files of a partition of a local Kafka. Tests damage them as a bad disk does."""

from pathlib import Path
from typing import NamedTuple

from delivery.core.record_batch import BatchHeader
from deploy.local.kafka import Kafka
from tests.services.parts import Services


class Byte(NamedTuple):
    """One byte of a segment file."""

    path: Path
    at: int

    def flip(self, bits: int = 0x01) -> None:
        """Flip these bits. A second call repairs the byte."""
        with self.path.open("r+b") as file:
            file.seek(self.at)
            (byte,) = file.read(1)
            file.seek(self.at)
            file.write(bytes([byte ^ bits]))


def byte_of(services: Services, topic: str, partition: int, offset: int, at: int) -> Byte:
    """Return byte `at` of the batch that holds this offset. A negative `at` counts from the end.

    The partition has a single segment.
    """
    assert isinstance(services.kafka, Kafka), "only the files of a local Kafka can be reached"
    (path,) = (services.kafka.logs / f"{topic}-{partition}").glob("*.log")
    data = path.read_bytes()
    position = 0
    while True:
        header = BatchHeader.read(data[position:])
        if offset < header.end:
            return Byte(path, position + (at if at >= 0 else header.size + at))
        position += header.size
