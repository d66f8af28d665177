"""Generates record batches, most of them malformed, each from a seed."""

import gzip
import random
from collections.abc import Callable

import cramjam
import orjson

from tests.fuzz.batches import RawBatch, RawRecord, pack, varint, with_crc
from tests.fuzz.malformed_changes import changed, removed
from tests.fuzz.odd_records import CODECS, ODD_BYTES, Random, one

Make = Callable[[Random, RawRecord], bytes]

_ODD_NUMBERS = (
    -1,
    -2,
    0,
    1,
    127,
    1_000,
    2**20,
    2**31 - 1,
    -(2**31),
    2**32,
    2**62,
    2**63 - 1,
    -(2**63),
)
_ODD_JSON = (
    b"{",
    b"[]",
    b"null",
    b"1e999",
    b"[" * 2_000,
    b'{"a":' * 900 + b"1" + b"}" * 900,
    b'{"id":"\\ud800"}',
    b"\xef\xbb\xbf{}",
    b'{"id":1,"id":2}',
    b"0" * 5_000,
    b"[" + b"0," * 100_000 + b"0]",
)


def _header_name(rng: Random, good: RawRecord) -> bytes:
    odd = rng.choice((*ODD_BYTES, None)), rng.choice((*ODD_BYTES, None))
    headers = list(good.headers)
    headers.insert(rng.randrange(len(headers) + 1), odd)
    return one(rng, good, headers=headers)


def _kind(rng: Random, good: RawRecord) -> bytes:
    known = (b"erased", b"read", b"withdrawn", b"muted", b"delivered", b"superseded")
    kinds = (None, b"", b"\xff", *(b"notification." + each for each in known), b"x" * 70_000)
    kind = rng.choice(kinds)
    headers = [(k, kind if k == b"ce_type" else v) for k, v in good.headers]
    return one(rng, good, headers=headers * rng.choice((1, 2)))


def _many_headers(rng: Random, good: RawRecord) -> bytes:
    count = rng.choice((100, 999, 1_001, 5_000))
    headers = [*good.headers, *[(b"", None)] * count]
    return one(rng, good, headers=headers)


def _key(rng: Random, good: RawRecord) -> bytes:
    return one(rng, good, key=rng.choice((*ODD_BYTES, None, b"k" * 70_000)))


def _value(rng: Random, good: RawRecord) -> bytes:
    return one(rng, good, value=rng.choice((*ODD_BYTES, *_ODD_JSON, None)))


def _field(rng: Random, good: RawRecord) -> bytes:
    value = orjson.loads(good.value or b"{}")
    if rng.random() < 0.5:
        value |= {"image_url": "https://x.example/1.png", "image_alt": "", "severity": "info"}
        value |= {"actions": [{"label": "x", "url": "/"}], "collapse_key": "k", "removed": "muted"}
    odd: tuple[object, ...] = (
        "",
        None,
        1,
        -1,
        2**63,
        [],
        {},
        "x",
        "\0",
        "9" * 400,
        "2026-02-30T00:00:00Z",
        True,
    )
    value[rng.choice(list(value))] = rng.choice(odd)
    return one(rng, good, value=orjson.dumps(value))


def _length(rng: Random, good: RawRecord) -> bytes:
    name = rng.choice(("length", "key_length", "value_length", "header_count"))
    true = len(good.encode(0))
    return one(rng, good, **{name: rng.choice((*_ODD_NUMBERS, true - 3, true + 1, true * 2))})


def _tail(rng: Random, good: RawRecord) -> bytes:
    return one(rng, good, tail=rng.randbytes(rng.randrange(1, 20)))


def _offset_deltas(rng: Random, good: RawRecord) -> bytes:
    records = [
        RawRecord(**{**good.__dict__, "offset_delta": rng.choice((*_ODD_NUMBERS, 0, 1, 2, index))})
        for index in range(rng.randrange(1, 6))
    ]
    return RawBatch(records, codec=rng.choice((0, 0, 4))).encode()


def _times(rng: Random, good: RawRecord) -> bytes:
    record = RawRecord(**{**good.__dict__, "time_delta": rng.choice(_ODD_NUMBERS)})
    batch = RawBatch([good, record, good], codec=rng.choice(CODECS))
    first = rng.choice((batch.first_timestamp, 0, -1, 2**63 - 1, -(2**63)))
    return batch.but(
        first_timestamp=first, max_timestamp=rng.choice((None, 0, -1, 2**63 - 1, first))
    ).encode()


def _flags(rng: Random, good: RawRecord) -> bytes:
    bits = rng.choice((0x08, 0x10, 0x20, 0x30, 0x40, 0x80, 0x4000, rng.randrange(0x4000)))
    return RawBatch([good] * rng.randrange(1, 4), attributes=bits & ~7).encode()


def _codec(rng: Random, good: RawRecord) -> bytes:
    return RawBatch([good], codec=rng.choice((5, 6, 7))).encode()


def _producer(rng: Random, good: RawRecord) -> bytes:
    return RawBatch(
        [good] * rng.randrange(1, 3),
        attributes=rng.choice((0, 0x10)),
        # Small ids may be those of real producers, which a newer epoch would fence.
        producer_id=rng.choice((-1, 2**40, 2**40 + 1, 2**63 - 1)),
        producer_epoch=rng.choice((-1, 0, 1, 2**15 - 1)),
        base_sequence=rng.choice((-1, 0, 7, 2**31 - 1)),
    ).encode()


def _counts(rng: Random, good: RawRecord) -> bytes:
    batch = RawBatch([good] * rng.randrange(4), codec=rng.choice(CODECS))
    odd = (None, -1, 0, 1, 2, 5, 2**31 - 1)
    return batch.but(record_count=rng.choice(odd), last_offset_delta=rng.choice(odd)).encode()


def _batch_header(rng: Random, good: RawRecord) -> bytes:
    batch = RawBatch([good])
    return batch.but(
        base_offset=rng.choice((0, -1, 5, 2**40)),
        message_format=rng.choice((0, 1, 2, 2, 2, 3, 127)),
        crc_flip=rng.choice((0, 0, 1, 0x80000000)),
        tail=rng.choice((b"", b"\0", rng.randbytes(30))),
    ).encode()


def _packed(rng: Random, good: RawRecord) -> bytes:
    """Return a batch whose compressed data is broken, or is as other programs write it."""
    codec = rng.choice((1, 2, 3, 4))
    plain = b"".join(good.encode(index) for index in range(3))
    packed = pack(codec, plain)
    half = len(plain) // 2
    other: tuple[tuple[int, bytes], ...] = (
        (1, gzip.compress(plain[:half]) + gzip.compress(plain[half:])),
        (1, packed + b"\0" * 8),
        (2, bytes(cramjam.snappy.compress_raw(plain))),
        (2, bytes(cramjam.snappy.compress(plain))),
        (3, bytes(cramjam.lz4.compress(plain))),
        (3, bytes(cramjam.lz4.compress(plain))[:-2]),
        (
            4,
            bytes(cramjam.zstd.compress(plain[:half])) + bytes(cramjam.zstd.compress(plain[half:])),
        ),
        (codec, packed[: rng.randrange(len(packed))]),
        (codec, _mutated(rng, packed, 2)),
        (codec, b""),
    )
    codec, packed = rng.choice(other)
    return RawBatch([good] * 3, codec=codec, packed=packed).encode()


def _bomb(rng: Random, good: RawRecord) -> bytes:
    size = rng.choice((2, 5, 9)) * 2**20
    part = rng.choice(("key", "value", "header"))
    large = b"\0" * size
    headers = [*good.headers, (b"x", large)] if part == "header" else good.headers
    changes = {"headers": headers} if part == "header" else {part: large}
    bad = RawRecord(**{**good.__dict__, **changes})
    return RawBatch([good, bad, good], codec=rng.choice((1, 3, 4))).encode()


def _costly_headers(rng: Random, good: RawRecord) -> bytes:
    """Return a batch with up to 1.5 million small headers, in one record or in many."""
    header = rng.choice((b"\0\1", b"\0\0", b"\2a\2b", b"\6abc\x08defg"))
    most = rng.choice((900_000, 1_000_000, 3_000_000))
    count = min(rng.choice((950, 950, 50_000, 200_000, 450_000)), most // len(header))
    bad = RawRecord(
        good.key,
        good.value,
        good.headers,
        length=rng.choice((None, None, None, 10)),
        header_count=len(good.headers) + count,
        tail=header * count,
    )
    return _sent(rng, [good, *[bad] * min(most // len(bad.tail), 400)], most)


def _costly_json(rng: Random, good: RawRecord) -> bytes:
    """Return a batch of values that take long to parse: the largest that are parsed, or many."""
    size = rng.choice((2_000, 15_000, 60_000, 250_000, 520_000))
    item = rng.choice((b"[],", b"{},", b'{"":0},', b"0.1,", b'"\\u00e9",', b"[[[[[[]]]]]],"))
    costly = b"[" + item * (size // len(item)) + b"0]"
    value = rng.choice((costly, b'{"data":' + costly + b"," + (good.value or b"{}")[1:]))
    most = rng.choice((1_000_000, 1_000_000, 4_000_000, 12_000_000))
    count = max(1, most // len(value))
    bad = RawRecord(good.key, value, good.headers)
    return _sent(rng, [good, *[bad] * min(count, 100)], most)


def _large_parts(rng: Random, good: RawRecord) -> bytes:
    """Return a batch with some large keys, values or headers, which dead letters would copy."""
    part = rng.choice((b"\0", b"x", b'{"a":1}')) * rng.choice((70_000, 300_000, 500_000))
    headers = [*good.headers, (b"x", part), (part, b"y")]
    bad = rng.choice(
        (
            RawRecord(part, good.value, good.headers),
            RawRecord(good.key, part, good.headers),
            RawRecord(good.key, good.value, headers),
        )
    )
    most = rng.choice((1_000_000, 8_000_000, 60_000_000))
    count = max(1, most // len(bad.encode(0)))
    return _sent(rng, [good, *[bad] * min(count, 8)], most)


def _sent(rng: Random, records: list[RawRecord], size: int) -> bytes:
    """Return the batch, compressed if a broker would not take it otherwise."""
    batch = RawBatch(records, codec=rng.choice((1, 3, 4)))
    plain = batch.but(codec=0)
    return plain.encode() if size <= 1_000_000 and rng.random() < 0.6 else batch.encode()


def _tiny(rng: Random, good: RawRecord) -> bytes:
    count = rng.choice((5, 20))
    return RawBatch([*[RawRecord()] * count, good], codec=rng.choice(CODECS)).encode()


def _overlong_varints(rng: Random, good: RawRecord) -> bytes:
    plain = good.encode(0)
    length = varint(len(plain))
    padded = bytes([length[-1] | 0x80]) + b"\x80" * rng.randrange(8) + b"\0"
    plain = rng.choice((length[:-1] + padded + plain, b"\xff" * 12 + plain, b"\x80" * 9 + b"\1"))
    return RawBatch([good], codec=0, packed=plain).encode()


def _mutated(rng: Random, data: bytes, most: int) -> bytes:
    mutated = bytearray(data)
    for _ in range(rng.randrange(1, most + 1)):
        mutated[rng.randrange(len(mutated))] = rng.randrange(256)
    return bytes(mutated)


def _any_bytes(rng: Random, good: RawRecord) -> bytes:
    """Return a good batch with some of the checksummed bytes changed, and a checksum that fits."""
    batch = RawBatch([good] * rng.randrange(1, 4), codec=rng.choice(CODECS)).encode()
    return with_crc(batch[:21] + _mutated(rng, batch[21:], 4))


def _empty(rng: Random, good: RawRecord) -> bytes:
    del good
    return RawBatch((), last_offset_delta=rng.choice((-1, 0, 3))).encode()


def _good(rng: Random, good: RawRecord) -> bytes:
    return RawBatch([good] * rng.randrange(1, 6), codec=rng.choice(CODECS)).encode()


KINDS: dict[str, Make] = {
    "header name": _header_name,
    "kind": _kind,
    "many headers": _many_headers,
    "key": _key,
    "value": _value,
    "field": _field,
    "removed": removed,
    "changed": changed,
    "length": _length,
    "tail": _tail,
    "offset deltas": _offset_deltas,
    "times": _times,
    "flags": _flags,
    "codec": _codec,
    "producer": _producer,
    "counts": _counts,
    "batch header": _batch_header,
    "packed": _packed,
    "bomb": _bomb,
    "costly headers": _costly_headers,
    "costly JSON": _costly_json,
    "large parts": _large_parts,
    "tiny records": _tiny,
    "overlong varints": _overlong_varints,
    "any bytes": _any_bytes,
    "empty": _empty,
    "good": _good,
}


def batch_of(seed: int, good: RawRecord) -> tuple[str, bytes]:
    """Return the kind and the bytes of the batch with this seed. `good` is a readable record."""
    rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
    kind = rng.choice(list(KINDS))
    return kind, KINDS[kind](rng, good)
