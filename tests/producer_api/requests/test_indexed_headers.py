"""Indexed headers answer every question as Starlette's headers do."""

from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from producer_api.requests.indexed_headers import IndexedHeaders

_NAMES = st.sampled_from([b"origin", b"x-request-id", b"idempotency-key", b"a"])
_FIELDS = st.lists(st.tuples(_NAMES, st.binary(max_size=3)), max_size=6)
_ASKED = ("Origin", "X-Request-ID", "idempotency-key", "A", "absent")


@given(_FIELDS)
def test_headers_are_those_of_starlette(fields: list[tuple[bytes, bytes]]) -> None:
    ours, theirs = IndexedHeaders(fields), Headers(raw=fields)
    for name in _ASKED:
        assert ours.getlist(name) == theirs.getlist(name)
        assert ours.get(name, "none") == theirs.get(name, "none")
        assert (name in ours) == (name in theirs)
        raw = name.lower().encode()
        values = [value for each, value in fields if each == raw]
        assert ours.one(raw) == (values[0] if values else None)
        assert ours.only(raw) == (values[0] if len(values) == 1 else None)
    assert ours.items() == theirs.items()
