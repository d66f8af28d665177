"""Members' messages are read as far as possible, and never raise an exception."""

import json
import zlib
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.core.assignor_messages import (
    Claim,
    decode_claim,
    decode_idle,
    decode_owners,
    encode_claim,
    encode_owners,
)
from tests.delivery.core.effort import effort

_A, _B = "http://127.0.0.1:8101", "http://127.0.0.1:8102"

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.text(max_size=9)
    | st.just(_A),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
_ANYTHING = st.binary(max_size=40) | st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("v", "address", "generation", "owned", "owners"), _JSON | st.just(1)),
).map(lambda fields: json.dumps(fields).encode())  # orjson writes neither huge numbers nor NaN


def _encoded(**fields: Any) -> bytes:
    known = {"v": 1, "address": _A, "generation": 7, "owned": [0, 3], "maps": 1}
    return orjson.dumps(known | fields)


def test_format_is_as_documented() -> None:
    claim = Claim(_A, 7, frozenset((3, 0)))
    assert encode_claim(claim) == _encoded()
    plain = b'{"v":1,"owners":["%s",""]}' % _A.encode()
    assert encode_owners((_A, ""), []) == plain
    compressed = encode_owners((_A, ""), [Claim(maps=2), Claim(maps=3)])
    assert compressed == b"\2" + zlib.compress(plain, 9)


def test_members_without_a_partition_are_listed_only_if_there_are_any() -> None:
    plain = b'{"v":1,"owners":["%s"],"idle":["%s"]}' % (_A.encode(), _B.encode())
    assert encode_owners((_A,), [], (_B,)) == plain
    for encoded in (plain, encode_owners((_A,), [Claim(maps=2)], (_B,))):
        assert (decode_owners(encoded), decode_idle(encoded)) == ((_A,), (_B,))
    assert decode_idle(encode_owners((_A,), [])) == (), "leaders of version 0.1.0 list no idle ones"


@pytest.mark.parametrize("idle", [None, _A, {_A: 0}, [None, 2, "somewhere"]])
def test_idle_members_that_cannot_be_read_are_left_out(idle: object) -> None:
    assert decode_idle(orjson.dumps({"v": 1, "owners": [_A], "idle": idle})) == ()


@pytest.mark.parametrize("maps", [[], [1], [2], [2, 1, 2], [2, 2], [9, 2]])
def test_every_member_reads_the_map(maps: list[int]) -> None:
    encoded = encode_owners((_A, "", _B), [Claim(maps=each) for each in maps])
    assert decode_owners(encoded) == (_A, "", _B)
    is_plain = encoded.startswith(b"{")
    assert is_plain == (min(maps, default=1) < 2), "members of the last release read only plain"


@pytest.mark.parametrize("maps", [None, -1, 1.5, "2", True, [2]])
def test_member_without_a_readable_format_gets_a_plain_map(maps: object) -> None:
    assert decode_claim(_encoded(maps=maps)).maps == 1


@pytest.mark.parametrize("damage", [b"\2", b"\2damaged", b"\3{}"])
def test_damaged_map_is_unreadable(damage: bytes) -> None:
    whole = encode_owners((_A,), [Claim(maps=2)])
    assert decode_owners(damage) is None
    assert decode_owners(whole[:-1]) is None
    assert decode_owners(b"\2" + zlib.compress(bytes(9 * 1024 * 1024))) is None


@given(
    st.builds(
        Claim, st.sampled_from(["", _A]), st.integers(-1, 2**31 - 1), maps=st.integers(0, 2**31)
    )
)
@effort(50)
def test_decoding_returns_the_encoded_claim(claim: Claim) -> None:
    assert decode_claim(encode_claim(claim)) == claim


@pytest.mark.parametrize("version", [1, 2, 99])
def test_later_versions_may_add_fields(version: int) -> None:
    assert decode_claim(_encoded(v=version, zone="a", weight=2)) == Claim(_A, 7, frozenset((0, 3)))
    later = orjson.dumps({"v": version, "owners": [_A, _B], "since": [1, 2]})
    assert decode_owners(later) == (_A, _B)


@pytest.mark.parametrize("version", [0, -1, 1.0, "1", True, None, [1]])
def test_message_without_a_valid_version_counts_as_empty(version: object) -> None:
    assert decode_claim(_encoded(v=version)) == Claim()
    assert decode_owners(orjson.dumps({"v": version, "owners": [_A]})) is None


@pytest.mark.parametrize(
    "data", [None, b"", b"\0", b"null", b"[]", b"{}", b'{"v":1}', _encoded()[:-1], b"[" * 100_000]
)
def test_message_that_is_not_an_object_counts_as_empty(data: bytes | None) -> None:
    assert decode_claim(data) == Claim()
    assert decode_owners(data) is None


@pytest.mark.parametrize("address", [None, "", 1, [_A], "somewhere", "http://a b", "http://" * 100])
def test_invalid_address_is_left_out(address: object) -> None:
    assert decode_claim(_encoded(address=address)) == Claim("", 7, frozenset((0, 3)))


@pytest.mark.parametrize("generation", [None, -2, -(2**62), 1.5, "7", True, [7]])
def test_invalid_generation_loses_to_any_other(generation: object) -> None:
    assert decode_claim(_encoded(generation=generation)).generation == -1


@pytest.mark.parametrize(
    ("owned", "read"),
    [
        (None, set()),
        (3, set()),
        ("03", set()),
        ({"0": 3}, set()),
        ([3, 3, 0, 3], {0, 3}),
        ([1, "2", None, True, 2.0, [4], -1], {1}),
    ],
)
def test_readable_part_of_the_owned_partitions_counts(owned: object, read: set[int]) -> None:
    assert decode_claim(_encoded(owned=owned)) == Claim(_A, 7, frozenset(read))


@pytest.mark.parametrize("owners", [None, _A, {_A: 0}, [None], [_A, 2], [_A, "somewhere"]])
def test_map_with_anything_but_addresses_is_unreadable(owners: object) -> None:
    assert decode_owners(orjson.dumps({"v": 1, "owners": owners})) is None


@given(_ANYTHING)
@effort(100)
def test_reading_any_bytes_raises_nothing(data: bytes) -> None:
    claim = decode_claim(data)
    assert encode_claim(claim)
    owners, idle = decode_owners(data), decode_idle(data)
    assert owners is None or encode_owners(owners, [claim], idle)
