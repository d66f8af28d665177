"""The worst JSON that callers may send blocks the event loop for less than 100 ms."""

import asyncio
import gc
import time
from collections.abc import Iterator

import pytest

from producer_api.contract.notification import NewNotification
from producer_api.idempotency.core.keys import Fingerprint, key_of
from producer_api.problems.body_errors import BodyRefusedError
from producer_api.requests.check_turns import CheckTurns
from producer_api.requests.json_body import parse_json
from producer_api.routes.batch_items import BatchItems

_KIB, _MIB = 1024, 1024 * 1024
_LIMIT_SECONDS = 0.1
_ITEM = b'{"user_id":"ana","type":"t","title":"x","data":{"a":[%s]}}'


def _many(value: bytes, size: int, separator: bytes = b", ") -> bytes:
    """Return as many of these values as fit into this size."""
    return separator.join([value] * ((size - 100) // len(value + separator)))


_UNITS = [b"1.10", b"1e5", b"1e-300", b"0.12345678901234561e0", b'""', b'"\\n"', b"[]", b'{"a":1}']
_ITEMS = {
    **{f"large {unit!r}": _ITEM % _many(unit, 64 * _KIB) for unit in _UNITS},
    **{f"fitting {unit!r}": _ITEM % _many(unit, 16 * _KIB) for unit in _UNITS},
    "integers": _ITEM % _many(b"1" * 300, 64 * _KIB),
    "one integer": _ITEM % (b"1" * 60 * _KIB),
    "depth": _ITEM % (b"[" * 900 + b"]" * 900),
    "fields": b"{%s}" % b",".join(b'"%05d":1' % number for number in range(5_500)),
    "names": b'{"data":{%s}}' % b",".join(b'"%05d":1' % (n % 1_400) for n in range(6_000)),
    "escapes": _ITEM % (b'"' + b"\\u0041" * 10_000 + b'"'),
    "spaces": b" " * 60 * _KIB + _ITEM % b"1",
}
_BODIES = {
    "one list": b'{"notifications":[[%s]]}' % _many(b"[]", 8 * _MIB, b","),
    "a million": b'{"notifications":[%s]}' % _many(b"[]", 8 * _MIB, b","),
    "digits": b'{"notifications":[%s]}' % (b"1" * 8 * _MIB),
    "an open string": b'{"notifications":["' + b'\\"' * 4 * _MIB,
    "brackets": b'{"notifications":[' + b"[" * 8 * _MIB,
}


@pytest.fixture(autouse=True)
def _frozen() -> Iterator[None]:
    """Exclude the objects of the tests from garbage collection, as programs exclude their own."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.parametrize("name", _ITEMS)
async def test_checking_one_notification_is_short(name: str) -> None:
    body = _ITEMS[name]
    assert len(body) <= 64 * _KIB
    began = time.thread_time()
    try:
        parse_json(body, NewNotification)
        key_of("s", "k", "/", body)
    except BodyRefusedError as refusal:
        assert len(str(refusal.errors)) < 10_000  # noqa: PT017 - most are refused
    assert time.thread_time() - began < _LIMIT_SECONDS


@pytest.mark.parametrize("name", [*_BODIES, *(name for name in _ITEMS if "5e" not in name)])
async def test_a_batch_is_checked_in_short_slices(name: str) -> None:
    """Measures the CPU time of this thread, because a busy machine must not fail the test."""
    batch = b'{"notifications":[%s]}' % b",".join([_ITEMS.get(name, b"")] * 15)
    body = _BODIES.get(name, batch)
    longest = 0.0

    async def other() -> None:
        nonlocal longest
        while True:
            began = time.thread_time()
            await asyncio.sleep(0)
            longest = max(longest, time.thread_time() - began)

    running = asyncio.create_task(other())
    await asyncio.sleep(0)
    try:
        await BatchItems(body, 64 * _KIB, Fingerprint("/")).check(CheckTurns())
    except BodyRefusedError:
        pass
    finally:
        await asyncio.sleep(0)
        running.cancel()
    assert longest < _LIMIT_SECONDS
