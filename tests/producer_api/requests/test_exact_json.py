"""JSON parsing refuses values that Python or a browser cannot keep exactly."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from producer_api.requests.exact_json import InexactError, check


def loads(text: bytes) -> Any:
    """Parse the text, and check that nothing of it is lost."""
    value = orjson.loads(text)
    check(text, value)
    return value


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(1 - 2**53, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=20,
)


@given(_JSON, st.sampled_from([None, 1]), st.booleans())
def test_exact_values_are_read_in_any_notation(
    value: Any, indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode()
    assert loads(text) == value
    assert loads(orjson.dumps(value)) == value


@pytest.mark.parametrize(
    "text", ["1.50", "1E2", "-0", "100e-2", "5e-324", "1.7976931348623157e308"]
)
def test_other_notation_of_a_double_is_read(text: str) -> None:
    assert loads(f"[{text}]".encode()) == [float(text)]


@pytest.mark.parametrize(
    "text",
    [
        "9007199254740992",
        "-9007199254740992",
        "12345678901234567",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775809",
        "9" * 100,
        "123456789012345678901.5",
        "0.1000000000000000055511151231257827",
        "1e-400",
        "1e-9999999999999999999999",
    ],
)
def test_number_that_would_change_is_refused(text: str) -> None:
    with pytest.raises(InexactError, match="send it as a string"):
        loads(b'{"a":[%s]}' % text.encode())
    assert loads(b'{"a":["%s"]}' % text.encode()) == {"a": [text]}


def test_refusal_names_the_path_of_the_number() -> None:
    text = b'{"data": {"n": 1, "orders": [{"id": 1}, {"id": 9007199254740993}]}}'
    with pytest.raises(InexactError) as refusal:
        loads(text)
    assert refusal.value.field == "data.orders.1.id"
    assert "9007199254740993" in str(refusal.value)


@pytest.mark.parametrize(
    "text",
    [b'{"a":1,"a":1}', b'[{"x":{"a":1,"b":2,"a":3}}]', b'{"\\u0061":1,"a":2}', b'{"":1,"":2}'],
)
def test_repeated_name_is_refused(text: bytes) -> None:
    with pytest.raises(InexactError, match="twice"):
        loads(text)


@pytest.mark.parametrize("depth", [254, 255, 900, 1023, 5000])
def test_deep_nesting_is_read_exactly_or_refused(depth: int) -> None:
    text = b"[" * depth + b"]" * depth
    try:
        value = loads(text)
    except (InexactError, orjson.JSONDecodeError):
        return
    assert json.dumps(value).encode() == text
