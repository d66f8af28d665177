"""Frames of a peer link: encoded messages are decoded, and other bytes are decoded or refused."""

from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from delivery.core.ownership import Ownership
from delivery.core.subscription_set import Digest, Subscription
from delivery.peers.frames import MalformedFrameError, decode, encode
from delivery.peers.messages import (
    AckedMessage,
    BeatMessage,
    DisconnectMessage,
    EndedMessage,
    InboxEventMessage,
    MemberMessage,
    Message,
    PushMessage,
    RefusedMessage,
    SnapshotMessage,
    SnapshotRequestMessage,
    SubscribeMessage,
    UnsubscribeMessage,
)
from tests.delivery.core.effort import effort

_TEXT = st.text(max_size=6)
_INT = st.integers(-1, 2**63 - 1)
_BODY = st.text(max_size=40).map(str.encode)
_SUBSCRIPTIONS = st.lists(st.builds(Subscription, _TEXT, _TEXT), max_size=3)
_OWNERS = st.lists(st.sampled_from(["", "http://a:1", "https://b"]), max_size=3).map(tuple)
_MESSAGES: st.SearchStrategy[Message] = st.one_of(
    st.builds(SnapshotMessage, _INT, _SUBSCRIPTIONS, st.booleans()),
    st.builds(SubscribeMessage, _INT, _SUBSCRIPTIONS),
    st.builds(UnsubscribeMessage, st.lists(_TEXT, max_size=3)),
    st.builds(AckedMessage, _TEXT, _INT),
    st.builds(BeatMessage, _INT, st.builds(Digest, _INT, st.integers(0, 2**64 - 1))),
    st.builds(MemberMessage, _TEXT, st.lists(_TEXT, max_size=2)),
    st.builds(DisconnectMessage, _TEXT, _TEXT),
    st.builds(InboxEventMessage, _TEXT, _BODY),
    st.builds(RefusedMessage, st.lists(_TEXT, max_size=3), st.builds(Ownership, _INT, _OWNERS)),
    st.lists(st.tuples(_TEXT, _BODY), max_size=4).flatmap(
        lambda items: st.builds(
            PushMessage,
            _INT,
            _TEXT,
            st.booleans(),
            st.just([item_id for item_id, _ in items]),
            st.just([value for _, value in items]),
        )
    ),
)

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2**63) | st.floats(allow_nan=False) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=2),
    max_leaves=4,
)
_LETTERS = "Ssuabpdtrm"


_PUSH_HEAD = ["p", 3, "s1", True, ["a", "b"], [2, 3]]


def _frame(head: Any, body: bytes = b"") -> bytes:
    text = orjson.dumps(head)
    return len(text).to_bytes(4) + len(body).to_bytes(4) + text + body


@given(st.lists(_MESSAGES, max_size=5))
@effort(60)
def test_encoded_messages_are_decoded_in_order(messages: list[Message]) -> None:
    assert list(decode(b"".join(map(encode, messages)))) == messages


@given(st.binary(max_size=60))
@example(b"\0\0\0\0\0\0\0\0")
@example(b"\0\0\0")
@example(b"\xff" * 8)
@effort(100)
def test_any_bytes_are_decoded_or_refused(frame: bytes) -> None:
    _decode_or_refuse(frame)


@given(st.lists(_MESSAGES, min_size=1, max_size=2), st.data())
@effort(60)
def test_a_damaged_frame_is_decoded_or_refused(
    messages: list[Message], data: st.DataObject
) -> None:
    frame = bytearray(b"".join(map(encode, messages)))
    at = data.draw(st.integers(0, len(frame) - 1))
    frame[at : data.draw(st.integers(at, len(frame)))] = data.draw(st.binary(max_size=4))
    _decode_or_refuse(bytes(frame))


@given(st.sampled_from(_LETTERS), st.lists(_JSON, max_size=5), st.binary(max_size=6))
@effort(60)
def test_fields_of_any_types_are_decoded_or_refused(
    letter: str, fields: list[Any], body: bytes
) -> None:
    _decode_or_refuse(_frame([letter, *fields], body))


def _decode_or_refuse(frame: bytes) -> None:
    """Check that each decoded message has fields of the right types, and can be encoded again."""
    read: list[Message] = []
    try:
        read += decode(frame)
    except MalformedFrameError:
        return
    assert list(decode(b"".join(map(encode, read)))) == read
    for message in read:
        _assert_sound(message)


def _assert_sound(message: Message) -> None:
    match message:
        case SnapshotMessage(generation, subscriptions, _) | SubscribeMessage(
            generation, subscriptions
        ):
            assert type(generation) is int
            assert all(_are_texts(subscription) for subscription in subscriptions)
        case UnsubscribeMessage(sockets) | RefusedMessage(sockets, _):
            assert _are_texts(sockets)
        case AckedMessage(socket, number):
            assert (type(socket), type(number)) == (str, int)
        case BeatMessage(generation, digest):
            assert all(type(number) is int for number in (generation, *digest))
        case PushMessage(number, socket, again, ids, values):
            assert (type(number), type(socket), type(again)) == (int, str, bool)
            assert _are_texts(ids)
            assert _are_texts([value.decode() for value in values])
        case DisconnectMessage(socket, fault):
            assert _are_texts([socket, fault])
        case InboxEventMessage(user, payload):
            assert _are_texts([user, payload.decode()])


def _are_texts(values: Sequence[object]) -> bool:
    return isinstance(values, list | tuple) and all(type(value) is str for value in values)


@pytest.mark.parametrize(
    ("message", "head", "body"),
    [
        (
            SnapshotMessage(7, [Subscription("s1", "año")], True),
            ["S", 7, [["s1", "año"]], True],
            b"",
        ),
        (SubscribeMessage(7, [Subscription("s1", "ana")]), ["s", 7, [["s1", "ana"]]], b""),
        (UnsubscribeMessage(["s1", "s2"]), ["u", ["s1", "s2"]], b""),
        (AckedMessage("s1", 3), ["a", "s1", 3], b""),
        (BeatMessage(-1, Digest(1, 2**64 - 1)), ["b", -1, [1, 2**64 - 1]], b""),
        (MemberMessage("m1", ["http://a:1"]), ["m", "m1", ["http://a:1"]], b""),
        (SnapshotRequestMessage(), ["n"], b""),
        (EndedMessage(["s1"]), ["e", ["s1"]], b""),
        (PushMessage(3, "s1", True, ["a", "b"], [b"{}", b"[1]"]), _PUSH_HEAD, b"{}[1]"),
        (DisconnectMessage("s1", "silent"), ["d", "s1", "silent"], b""),
        (InboxEventMessage("ana", b"{}"), ["t", "ana"], b"{}"),
        (
            RefusedMessage(["s1"], Ownership(4, ("http://a:1", ""))),
            ["r", ["s1"], {"generation": 4, "owners": ["http://a:1", ""]}],
            b"",
        ),
    ],
)
def test_each_message_keeps_its_bytes_of_version_1(
    message: Message, head: Any, body: bytes
) -> None:
    assert encode(message) == _frame(head, body)
    assert list(decode(_frame(head, body))) == [message]


def test_messages_and_fields_of_newer_versions_are_skipped() -> None:
    known = encode(DisconnectMessage("s1"))
    older = _frame(["d", "s0"])
    newer = [["?", {"new": True}], ["d", "s2", "silent", 5], ["p", 1, "s3", False, [], [], 7]]
    frame = b"".join([older, known, *(_frame(head) for head in newer), known])
    assert list(decode(frame)) == [
        DisconnectMessage("s0"),
        DisconnectMessage("s1"),
        DisconnectMessage("s2", "silent"),
        PushMessage(1, "s3", False, [], []),
        DisconnectMessage("s1"),
    ]


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ([], b""),
        ({}, b""),
        ("d1", b""),  # character by character, this would be the letter and a socket
        ("a11", b""),
        ([["d"], "s1"], b""),
        (["d"], b""),
        (["d", 1], b""),
        (["u", "s1"], b""),  # character by character, this would be two sockets
        (["u", [1]], b""),
        (["u", {"s1": 1}], b""),
        (["S", "7", [], False], b""),
        (["S", True, [], False], b""),
        (["S", 7, [["s1"]], False], b""),
        (["S", 7, ["su"], False], b""),  # by character, this would be a socket and its user
        (["S", 7, [["s1", None]], False], b""),
        (["S", 7, [], 0], b""),
        (["s", 7.0, []], b""),
        (["a", "s1", "1"], b""),
        (["b", None, [0, 0]], b""),
        (["b", 1, [0]], b""),
        (["b", 1, [0, "0"]], b""),
        (["p", 1, 2, False, [], []], b""),
        (["p", 1, "s1", "no", [], []], b""),
        (["p", 1, "s1", False, [2], [2]], b"{}"),
        (["p", 1, "s1", False, ["a", "b"], [2]], b"{}"),
        (["p", 1, "s1", False, ["a"], [1]], b"{}"),
        (["p", 1, "s1", False, ["a"], [3]], b"{}"),
        (["p", 1, "s1", False, ["a", "b", "c"], [2, -2, 2]], b"{}"),
        (["p", 1, "s1", False, ["a"], [True]], b"1"),
        (["p", 1, "s1", False, ["a"], [2]], b"\xff\xff"),
        (["p", 1, "s1", False, ["a", "b"], [1, 1]], "ñ".encode()),  # cut within a character
        (["t", 1], b"{}"),
        (["t", "ana"], b"\xff"),
        (["r", "s1", {"generation": 1, "owners": []}], b""),
        (["r", ["s1"], {"generation": 1, "owners": "x"}], b""),
        (["r", ["s1"]], b""),
        (["r", ["s1"], None], b""),
        (["r", ["s1"], []], b""),
        (["r", ["s1"], {}], b""),
        (["r", ["s1"], {"generation": 1}], b""),
        (["r", ["s1"], {"owners": []}], b""),
        (["r", ["s1"], {"generation": True, "owners": []}], b""),
        (["r", ["s1"], {"generation": "1", "owners": []}], b""),
        (["r", ["s1"], {"generation": 1.0, "owners": []}], b""),
        (["r", ["s1"], {"generation": -2, "owners": []}], b""),
        (["r", ["s1"], {"generation": 1, "owners": {"http://a:1": 0}}], b""),
        (["r", ["s1"], {"generation": 1, "owners": [None]}], b""),
        (["r", ["s1"], {"generation": 1, "owners": ["http://a:1", "somewhere"]}], b""),
        (["a", "s1", 2**63], b""),
    ],
)
def test_a_message_with_wrong_fields_is_refused(head: Any, body: bytes) -> None:
    with pytest.raises(MalformedFrameError):
        list(decode(_frame(head, body)))


@given(_MESSAGES, st.data())
@effort(50)
def test_a_frame_cut_short_is_refused(message: Message, data: st.DataObject) -> None:
    frame = encode(message)
    with pytest.raises(MalformedFrameError):
        list(decode(frame[: data.draw(st.integers(1, len(frame) - 1))]))


def test_a_body_cut_short_is_refused() -> None:
    with pytest.raises(MalformedFrameError):
        list(decode(encode(InboxEventMessage("ana", b"{}"))[:-1]))


def test_messages_before_the_damage_are_decoded() -> None:
    messages = decode(encode(DisconnectMessage("s1")) + b"\0")
    assert next(messages) == DisconnectMessage("s1")
    with pytest.raises(MalformedFrameError):
        next(messages)
