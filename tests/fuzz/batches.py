"""Builds record batches byte by byte, well-formed or not, and produces them raw.

The layout is that of "Record Batch" in Kafka's protocol guide.
"""

import gzip
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import cramjam
from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.codec import snappy_encode
from aiokafka.errors import for_code
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.util import calc_crc32c

_HEADER = struct.Struct(">qiibIhiqqqhii")
CHECKED_FROM = 21
CRC_AT = 17

RawHeaders = Sequence[tuple[bytes | None, bytes | None]]


def varint(value: int) -> bytes:
    """Return the zigzag-coded number."""
    value = (value << 1) ^ (value >> 63)
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(0x80 | value & 0x7F)
        value >>= 7
    out.append(value)
    return bytes(out)


def _data(data: bytes | None, length: int | None = None) -> bytes:
    if data is None:
        return varint(-1)
    return varint(len(data) if length is None else length) + data


@dataclass(frozen=True)
class RawRecord:
    """One record. A length, count or delta that is set replaces the true one."""

    key: bytes | None = None
    value: bytes | None = None
    headers: RawHeaders = ()
    offset_delta: int | None = None
    time_delta: int = 0
    attributes: int = 0
    length: int | None = None
    key_length: int | None = None
    value_length: int | None = None
    header_count: int | None = None
    tail: bytes = b""

    def encode(self, index: int) -> bytes:
        """Return the bytes of the record as number `index` of its batch."""
        count = len(self.headers) if self.header_count is None else self.header_count
        body = b"".join(
            (
                bytes([self.attributes]),
                varint(self.time_delta),
                varint(index if self.offset_delta is None else self.offset_delta),
                _data(self.key, self.key_length),
                _data(self.value, self.value_length),
                varint(count),
                *(_data(name) + _data(value) for name, value in self.headers),
                self.tail,
            )
        )
        return varint(len(body) if self.length is None else self.length) + body


@dataclass(frozen=True)
class RawBatch:
    """One batch. A field that is None gets its correct value."""

    records: Sequence[RawRecord]
    codec: int = 0
    attributes: int = 0
    """Bits to set in addition to those of the codec."""
    last_offset_delta: int | None = None
    record_count: int | None = None
    first_timestamp: int = field(default_factory=lambda: int(time.time() * 1000))
    max_timestamp: int | None = None
    producer_id: int = -1
    producer_epoch: int = -1
    base_sequence: int = -1
    message_format: int = 2
    base_offset: int = 0
    crc_flip: int = 0
    packed: bytes | None = None
    """The compressed records, if they are to differ from `records`."""
    tail: bytes = b""

    def encode(self) -> bytes:
        """Return the bytes of the batch."""
        count = len(self.records) if self.record_count is None else self.record_count
        plain = b"".join(record.encode(index) for index, record in enumerate(self.records))
        packed = (pack(self.codec, plain) if self.packed is None else self.packed) + self.tail
        last = len(self.records) - 1 if self.last_offset_delta is None else self.last_offset_delta
        latest = self.first_timestamp + max((r.time_delta for r in self.records), default=0)
        at = (latest if self.max_timestamp is None else self.max_timestamp) & (1 << 64) - 1
        header = _HEADER.pack(
            self.base_offset,
            _HEADER.size - 12 + len(packed),
            -1,
            self.message_format,
            0,
            self.attributes | self.codec,
            last,
            self.first_timestamp,
            at - (1 << 64) if at >= 1 << 63 else at,
            self.producer_id,
            self.producer_epoch,
            self.base_sequence,
            count,
        )
        return with_crc(header + packed, self.crc_flip)

    def but(self, **changes: Any) -> "RawBatch":
        """Return the batch with these changes."""
        return replace(self, **changes)


def with_crc(batch: bytes, flip: int = 0) -> bytes:
    """Return the batch with the right checksum, in which the bits of `flip` are then flipped."""
    crc = calc_crc32c(batch[CHECKED_FROM:]) ^ flip
    return batch[:CRC_AT] + struct.pack(">I", crc) + batch[CHECKED_FROM:]


def pack(codec: int, plain: bytes) -> bytes:
    """Return the compressed records. An unknown codec leaves them as they are."""
    match codec:
        case 1:
            return gzip.compress(plain, 1, mtime=0)
        case 2:
            return bytes(snappy_encode(plain))
        case 3:
            compressor = cramjam.lz4.Compressor(content_checksum=False, block_linked=False)
            compressor.compress(plain)
            return bytes(compressor.finish())
        case 4:
            return bytes(cramjam.zstd.compress(plain))
    return plain


class BatchRefusedError(Exception):
    """The broker did not take the batch. The message names its error."""


async def produce(client: AIOKafkaClient, topic: str, partition: int, batch: bytes) -> int:
    """Produce the batch as it is, and return its base offset. Raises `BatchRefusedError`."""
    tp = TopicPartition(topic, partition)
    leader = client.cluster.leader_for_partition(tp)
    while leader is None:
        await client.set_topics([topic])
        leader = client.cluster.leader_for_partition(tp)
    request = ProduceRequest(None, -1, 20_000, [(topic, [(partition, batch)])])
    answer = await client.send(leader, request)
    ((_, ((_, code, offset, *_),)),) = answer.topics
    if code:
        raise BatchRefusedError(for_code(code).__name__)
    return int(offset)
