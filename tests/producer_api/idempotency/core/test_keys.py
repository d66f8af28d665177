"""Parsing of the `Idempotency-Key` header, and which requests count as the same."""

import pytest

from producer_api.idempotency.core.keys import MalformedKeyError, key_of, read_key


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        ('"8e03978e"', "8e03978e"),
        (' "a b" ', "a b"),
        (r'"a\"b\\c"', r"a\"b\c".replace(r"\"", '"')),
        ("order 1234; try=1", "order 1234; try=1"),
        ('a"b', 'a"b'),
        ("~" * 255, "~" * 255),
        ('"' + "x" * 255 + '"', "x" * 255),
        (r'"' + r"\\" * 255 + '"', "\\" * 255),
    ],
)
def test_a_valid_header_gives_its_key(header: str, key: str) -> None:
    assert read_key(header) == key


@pytest.mark.parametrize(
    "header",
    [
        *("", " ", '""', '"', '"a', '"a"b"', r'"a\b"', r'"a\"', '"a";b=1', '"a", "b"'),
        *("é", "a\x00b", "a\tb", "a\x7f", '"é"', '"\x01"'),
        *("x" * 256, '"' + "x" * 256 + '"'),
    ],
)
def test_an_invalid_key_is_refused(header: str) -> None:
    with pytest.raises(MalformedKeyError):
        read_key(header)


def test_keys_of_different_services_differ() -> None:
    ids = {
        key_of(service, key, "/", b"{}").id
        for service, key in (("a", "b"), ("a", "c"), ("b", "b"), ("ab", ""), ("", "ab"))
    }
    assert len(ids) == 5
    assert key_of("a\0b", "c", "/", b"{}").id != key_of("a", "b\\0c", "/", b"{}").id
    assert key_of("a", "b", "/", b"{}").id == key_of("a", "b", "/other", b"[]").id


def test_a_stored_key_does_not_reveal_the_request() -> None:
    key = key_of("orders", "1234", "/", b'{"user_id":"ana"}')
    assert len(key.id) == len(key.fingerprint) == 64
    assert not {"orders", "1234", "ana"} & {key.id, key.fingerprint}


@pytest.mark.parametrize(
    "body",
    [b'{"b":{"d":1,"c":2},"a":"\xc3\xa9"}', b'{ "a": "\\u00e9",\n"b": {"c":2,"d":1} }'],
)
def test_bodies_with_the_same_meaning_have_the_same_fingerprint(body: bytes) -> None:
    same = key_of("s", "k", "/", '{"a":"é","b":{"c":2,"d":1}}'.encode())
    assert key_of("s", "k", "/", body) == same


@pytest.mark.parametrize(
    ("route", "body"),
    [("/", b'{"a":2}'), ("/", b'{"a":"1"}'), ("/", b'{"a":1,"b":null}'), ("/b", b'{"a":1}')],
)
def test_different_requests_have_different_fingerprints(route: str, body: bytes) -> None:
    assert (
        key_of("s", "k", route, body).fingerprint != key_of("s", "k", "/", b'{"a":1}').fingerprint
    )


def test_bodies_that_are_nested_too_deeply_are_compared_by_bytes() -> None:
    deep = b'{"a":' + b"[" * 900 + b"]" * 900 + b"}"
    assert key_of("s", "k", "/", deep) == key_of("s", "k", "/", deep)
    assert key_of("s", "k", "/", deep) != key_of("s", "k", "/", deep.replace(b"a", b"b"))
