"""The items of a batch are checked one by one, in slices."""

import asyncio
import json
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producer_api.contract.ids import IdSource
from producer_api.contract.notification import NewNotification
from producer_api.idempotency.core.keys import Fingerprint, key_of
from producer_api.intake.batch import seal
from producer_api.intake.outcomes import NotValidError, RequestItem
from producer_api.intake.pending import PendingRequest
from producer_api.problems.body_errors import BodyRefusedError
from producer_api.requests.check_turns import CheckTurns
from producer_api.routes import batch_items
from producer_api.routes.batch_items import BatchItems

_ITEM = {"user_id": "ana", "type": "t", "title": "x"}
_MIB = 1024 * 1024


async def _checked(body: bytes, limit: int = 64 * 1024) -> list[RequestItem]:
    batch = BatchItems(body, limit, Fingerprint("/"))
    await batch.check(CheckTurns())
    return batch.results


def _batch(*items: Any) -> bytes:
    return orjson.dumps({"notifications": items})


async def test_other_tasks_run_between_slices_of_a_batch() -> None:
    runs = 0

    async def other() -> None:
        nonlocal runs
        while True:
            runs += 1
            await asyncio.sleep(0)

    running = asyncio.create_task(other())
    try:
        items = await _checked(_batch(*[{**_ITEM, "data": {"a": [1.5] * 1000}}] * 1000))
    finally:
        running.cancel()
    assert runs >= 20
    assert all(isinstance(item, NewNotification) for item in items)


async def test_item_has_the_size_limit_of_a_single_create() -> None:
    size = len(b'{"user_id":"ana","type":"t","title":"x"}')
    [fits] = await _checked(_batch(_ITEM), size)
    assert isinstance(fits, NewNotification)
    [too_large] = await _checked(_batch(_ITEM), size - 1)
    assert isinstance(too_large, NotValidError)
    assert [finding.field for finding in too_large.findings] == ["notifications.0"]


@pytest.mark.parametrize("indent", [None, 2])
async def test_a_batch_has_the_fingerprint_of_its_json_value(indent: int | None) -> None:
    items = [{**_ITEM, "data": {"é": 1.0, "a": [None, "x"]}}, {"title": 5}, "no object"]
    fingerprint = Fingerprint("/")
    text = json.dumps({"notifications": items}, indent=indent).encode()
    await BatchItems(text, 64 * 1024, fingerprint).check(CheckTurns())
    assert fingerprint.key_of("s", "k") == key_of("s", "k", "/", _batch(*items))


async def test_bad_items_fail_alone() -> None:
    deep = b"[" * 900 + b"]" * 900
    huge = b'"' + b"x" * (2 * _MIB) + b'"'
    many = b"[" + b'"[",' * 100_000 + b"1]"
    good = orjson.dumps(_ITEM)
    bad = (deep, huge, b"1" * _MIB, many, b"{}", b"null")
    body = b'{"notifications":[%s]}' % b" , ".join([good, *bad, good])
    first, *middle, last = await _checked(body)
    assert isinstance(first, NewNotification)
    assert isinstance(last, NewNotification)
    assert all(isinstance(item, NotValidError) for item in middle)
    assert len(middle) == len(bad)


async def test_an_item_with_a_number_that_browsers_round_fails_alone() -> None:
    _, bad, good = await _checked(_batch(_ITEM, {**_ITEM, "data": {"order_id": 2**53}}, _ITEM))
    assert isinstance(bad, NotValidError)
    assert [finding.field for finding in bad.findings] == ["notifications.1.data.order_id"]
    assert isinstance(good, NewNotification)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (b',"title":"y"', "the name 'title' occurs twice"),
        (b',"data":{"a":{"b":1,"b":2}}', "the name 'b' occurs twice"),
        (rb',"body":"\ud83d"', "no low surrogate"),
        (rb',"data":{"\udfff":1}', "surrogate"),
        (b',"data":{"a":1e400}', "number is infinity"),
        (b',"data":{"a":%s}' % (b"1" * 400), "number is infinity"),
    ],
)
async def test_an_item_that_cannot_be_kept_fails_alone(more: bytes, message: str) -> None:
    good = orjson.dumps(_ITEM)
    body = b'{"notifications":[%s,%s,%s]}' % (good, good[:-1] + more + b"}", good)
    fingerprint, of_the_bytes = Fingerprint("/"), Fingerprint("/")
    batch = BatchItems(body, 64 * 1024, fingerprint)
    await batch.check(CheckTurns())
    first, bad, last = batch.results
    assert isinstance(first, NewNotification)
    assert isinstance(last, NewNotification)
    assert isinstance(bad, NotValidError)
    [finding] = bad.findings
    assert finding.field == "notifications.1"
    assert message in finding.message
    of_the_bytes.restart(body)
    assert fingerprint.key_of("s", "k") == of_the_bytes.key_of("s", "k")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"notifications":[{]}', "not valid JSON"),
        (b'{"notifications":[]}', "at least 1"),
        (b'{"notifications":[1],"x":1}', "Extra inputs"),
        (b'{"notifications":[1],"notifications":[2]}', "twice"),
        (b'{"notifications":5}', "valid list"),
        (b'{"notifications":[1]} 1', "not valid JSON"),
        (b'{"notifications":[1 2]}', "not valid JSON"),
        (b"[]", "must be an object"),
        (b"\xff", "not valid JSON"),
        (_batch(*[1] * 1001), "at most 1000"),
        (_batch(*[_ITEM] * 1001), "at most 1000"),
        (b'{"notifications":["%s",]}' % (b"x" * 20_000), "not valid JSON"),
        (b'{"notifications":["' + b'\\"' * _MIB, "must be valid JSON"),
        (b'{"notifications":[' + b"[" * _MIB, "must be valid JSON"),
        (b" " * (_MIB + 1), "must be valid JSON"),
        (b'{"notifications":[1,NaN]}', "not valid JSON"),
        (b'{"notifications":[1,"\n"]}', "not valid JSON"),
    ],
)
async def test_a_body_that_is_not_a_batch_is_refused_as_a_whole(body: bytes, message: str) -> None:
    with pytest.raises(BodyRefusedError) as refusal:
        await _checked(body)
    assert message in str(refusal.value.errors)


async def test_a_name_with_escapes_is_understood() -> None:
    [item] = await _checked(_batch(_ITEM).replace(b"notifications", rb"\u006eotifications"))
    assert isinstance(item, NewNotification)


@pytest.mark.parametrize(
    "odd",
    [
        b"[" + b"[]," * 150_000 + b"1]",
        b'"' + rb"\u0041" * 110_000 + b'"',
        b'"' + rb"\n" * 150_000 + b'"',
    ],
)
async def test_items_before_one_of_an_odd_shape_are_created_once(odd: bytes) -> None:
    good = orjson.dumps(_ITEM)
    body = b'{"notifications":[%s,%s,%s]}' % (good, odd, good)
    fingerprint = Fingerprint("/")
    batch = BatchItems(body, 64 * 1024, fingerprint)
    await batch.check(CheckTurns())
    kinds = [type(result) for result in batch.results]
    assert kinds == [NewNotification, NotValidError, NewNotification]
    assert fingerprint.key_of("s", "k") == key_of("s", "k", "/", body)


async def test_a_deep_item_fails_alone_behind_a_name_with_escapes() -> None:
    deep = b"[" * 900 + b"]" * 900
    body = rb'{"\u006eotifications":[%s,%s]}' % (deep, orjson.dumps(_ITEM))
    bad, good = await _checked(body)
    assert isinstance(bad, NotValidError)
    assert isinstance(good, NewNotification)


async def test_large_bodies_take_turns() -> None:
    """Between two turns, other tasks run."""
    turns, order = CheckTurns(), []

    async def check(name: str, size: int) -> None:
        async with turns.turn(size):
            order.append(name)

    async def other() -> None:
        for _ in range(6):
            order.append("other")
            await asyncio.sleep(0)

    await asyncio.gather(check("a", 10_000), check("b", 10_000), other(), check("small", 10))
    assert order.index("small") < order.index("a") < order.index("b")
    assert "other" in order[order.index("a") : order.index("b")]


_GOOD = b'{"user_id": "ana", "type": "t", "title": "x"%s}'
_ODD_ITEMS = st.sampled_from(
    [
        *(_GOOD % more for more in (b"", b"", b"", b',"data":{"a":[1.5,{},{}]}', b',"more":1')),
        *(_GOOD % (b',"data":{"a":%s}' % number) for number in (b"1e5", b"9007199254740993")),
        _GOOD % b',"data":{"a":1,"a":2}',
        _GOOD % rb',"body":"\ud800"',
        _GOOD % (b',"body":"%s"' % (b"x" * 2_000)),
        _GOOD % (b',"body":"%s"' % (b"},{" * 700)),
        _GOOD % (b',"data":{"a":%s}' % (b"[" * 300 + b"]" * 300)),
        rb'{"user_id":"\u0061na","type":"t","title":"\u00f1"}',
        *(b"7", b'"},{"', b"{]", b"", b"\xff"),
    ]
)


@given(
    st.lists(_ODD_ITEMS, min_size=1, max_size=12).flatmap(
        lambda items: st.integers(1, 1_001 // len(items) + 1).map(lambda times: items * times)
    ),
    st.sampled_from([b",", b" ,\n"]),
    st.sampled_from([1_000, 64 * 1024]),
)
@settings(max_examples=60)
async def test_items_in_a_run_are_checked_as_one_by_one(
    items: list[bytes], separator: bytes, limit: int
) -> None:
    body = b'{"notifications":[%s]}' % separator.join(items)
    at_once = await _outcome(body, limit)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch_items, "checked_run", lambda *_: None)
        assert at_once == await _outcome(body, limit)


async def _outcome(body: bytes, limit: int) -> object:
    """Return what would be stored of the batch, with its fingerprint, or why it is refused."""
    fingerprint = Fingerprint("/")
    batch = BatchItems(body, limit, fingerprint)
    try:
        await batch.check(CheckTurns())
    except BodyRefusedError as refusal:
        return str(refusal), refusal.errors
    key = fingerprint.key_of("s", "k")
    documents = seal([PendingRequest(batch.results)], IdSource()).documents
    stored = [{**document, "_id": "", "created_at": ""} for document in documents]
    refused = [str(result) for result in batch.results if isinstance(result, NotValidError)]
    return key, stored, refused, list(map(type, batch.results))
