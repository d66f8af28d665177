"""The `traceparent` of a request: passed on if it is valid, ignored otherwise."""

import pytest
from fastapi import Request

from producer_api.requests.trace_context import traceparent_of

_TRACE, _SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
_VALID = f"00-{_TRACE}-{_SPAN}-01"


def _request(*values: str) -> Request:
    headers = [(b"traceparent", value.encode("latin-1")) for value in values]
    return Request({"type": "http", "headers": headers})


@pytest.mark.parametrize("value", [_VALID, f"00-{_TRACE}-{_SPAN}-00", f"00-{_TRACE}-{_SPAN}-ff"])
def test_valid_traceparent_is_returned_unchanged(value: str) -> None:
    assert traceparent_of(_request(value)) == value


@pytest.mark.parametrize(
    "value",
    [
        "",
        _VALID.upper(),
        f"{_VALID}-more",
        f"{_VALID}\n",
        _VALID[:-1],
        f"01-{_TRACE}-{_SPAN}-01",
        f"ff-{_TRACE}-{_SPAN}-01",
        f"00-{'0' * 32}-{_SPAN}-01",
        f"00-{_TRACE}-{'0' * 16}-01",
        f"00-{_TRACE[:-1]}g-{_SPAN}-01",
        f"00_{_TRACE}_{_SPAN}_01",
        "é" * 55,
    ],
)
def test_invalid_traceparent_is_ignored(value: str) -> None:
    assert traceparent_of(_request(value)) is None


def test_missing_and_repeated_traceparent_are_ignored() -> None:
    assert traceparent_of(_request()) is None
    assert traceparent_of(_request(_VALID, _VALID)) is None
