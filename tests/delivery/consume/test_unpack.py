"""Unpacking is bounded. If the data is broken, it yields what comes before the broken place."""

import gzip
import os
import tracemalloc
import zlib
from typing import Any

import cramjam
import pytest
from aiokafka.record._crecords.default_records import DefaultRecordBatch

from delivery.consume.unpack import LARGEST_BATCH_BYTES, bound_aiokafka, unpack
from tests.fuzz.batches import RawBatch, RawRecord, pack

_LIMIT = 100_000
_CODECS = (1, 2, 3, 4)


@pytest.mark.parametrize("codec", _CODECS)
def test_data_up_to_the_limit_is_unpacked(codec: int) -> None:
    plain = os.urandom(1_000) * (_LIMIT // 1_000)
    data, problem, _ = unpack(codec, pack(codec, plain), _LIMIT)
    assert (bytes(data), problem) == (plain, "")


@pytest.mark.parametrize("codec", _CODECS)
def test_only_the_beginning_of_larger_data_is_unpacked(codec: int) -> None:
    data, problem, is_too_large = unpack(codec, pack(codec, b"x" * 10_000_000), _LIMIT)
    assert is_too_large
    assert "100,000" in problem
    assert bytes(data) == b"x" * len(data)
    assert _LIMIT - 33_000 <= len(data) <= _LIMIT  # snappy has blocks of 32 KiB


@pytest.mark.parametrize("codec", _CODECS)
def test_what_comes_before_the_broken_place_is_unpacked(codec: int) -> None:
    plain = os.urandom(_LIMIT)
    broken = pack(codec, plain)[:-5_000]
    data, problem, is_too_large = unpack(codec, broken, 2 * _LIMIT)
    assert problem
    assert not is_too_large
    assert plain.startswith(bytes(data))


def test_other_forms_of_compressed_data_are_unpacked() -> None:
    plain = os.urandom(1_000)
    forms = [
        (1, gzip.compress(plain[:500]) + gzip.compress(plain[500:])),
        (2, bytes(cramjam.snappy.compress_raw(plain))),
        (3, bytes(cramjam.lz4.compress(plain))),
    ]
    for codec, packed in forms:
        assert bytes(unpack(codec, packed, _LIMIT).data) == plain


@pytest.mark.parametrize("codec", _CODECS)
def test_the_limit_alone_takes_no_memory(codec: int) -> None:
    packed = pack(codec, b"x" * 1_000)
    tracemalloc.start()
    try:
        # Filling a buffer of this size in advance blocked the event loop for up to 0.8 s.
        unpack(codec, packed, 128 * 1024 * 1024)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 1024 * 1024


def test_only_so_many_gzip_members_are_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    class Member:
        """A gzip member that notes how many bytes it is given."""

        def __init__(self, member: Any) -> None:
            self._member = member

        def __getattr__(self, name: str) -> Any:
            return getattr(self._member, name)

        def decompress(self, data: bytes, most: int) -> Any:
            sizes.append(len(data))
            return self._member.decompress(data, most)

    decompressobj = zlib.decompressobj
    monkeypatch.setattr(zlib, "decompressobj", lambda bits: Member(decompressobj(bits)))
    plain, empty = os.urandom(50_000), gzip.compress(b"")
    data, problem, is_too_large = unpack(1, gzip.compress(plain) + empty * 999, _LIMIT)
    assert (bytes(data), problem) == (plain, "")
    data, problem, is_too_large = unpack(1, gzip.compress(plain) + empty * 5_000, _LIMIT)
    assert bytes(data) == plain
    assert "more than 1,000 gzip members" in problem
    assert is_too_large
    # zlib copies what follows a member. If it were given all of it for each member, a batch of
    # 1 MiB would block the event loop for more than a second.
    assert sum(sizes) < 2_000 * 20_000


def test_only_so_many_snappy_blocks_are_unpacked() -> None:
    plain = os.urandom(50_000)
    packed = pack(2, plain)  # two blocks
    empty = bytes(cramjam.snappy.compress_raw(b""))
    block = len(empty).to_bytes(4) + empty
    for blocks, problem in ((_LIMIT // 1024, ""), (200_000, "more than 97 snappy blocks")):
        data, found, is_too_large = unpack(2, packed + block * (blocks - 2), _LIMIT)
        assert bytes(data) == plain
        assert problem in found
        assert is_too_large == bool(problem) == bool(found)


def test_bytes_after_a_whole_gzip_member_do_not_hide_it() -> None:
    plain = os.urandom(1_000)
    # Java's reader, and so the broker, ignores what follows the member.
    data, problem, _ = unpack(1, gzip.compress(plain) + b"\0" * 8, _LIMIT)
    assert bytes(data) == plain
    assert "broken" in problem


def test_an_unknown_codec_is_named() -> None:
    assert "codec 6" in unpack(6, b"x", _LIMIT).problem


@pytest.mark.parametrize("codec", _CODECS)
async def test_aiokafka_unpacks_no_more_than_its_bound(codec: int) -> None:
    bound_aiokafka()
    small, large = (
        RawBatch([RawRecord(value=b"x" * size)], codec).encode()
        for size in (1_000, LARGEST_BATCH_BYTES + 1)
    )
    (record,) = DefaultRecordBatch(small)
    assert record.value == b"x" * 1_000
    with pytest.raises(Exception, match=r"unpacks|buffer"):
        list(DefaultRecordBatch(large))
