"""Frames of a peer link. Each carries many messages, with the notifications' bytes unchanged.

Format, version 1. A frame is a sequence of messages. A message is `length of the head (4 bytes,
big endian) · length of the body (4 bytes) · head · body`. The head is a JSON array. Its first
element is the letter of the message's type. The body is empty, or JSON that every instance forwards
unchanged. A reader skips a message with an unknown letter, so that newer instances can send new
types of messages while older instances still run.
"""

from collections.abc import Iterator, Sequence
from struct import Struct as Packing
from typing import Annotated, get_args

import msgspec
from msgspec import Meta, Struct

from delivery.core.ownership import NO_GENERATION, are_owners
from delivery.peers.messages import (
    InboxEventMessage,
    Message,
    PushMessage,
    RefusedMessage,
    WholeMessage,
)

_LENGTHS = Packing(">II")
_MAX_NUMBER = 2**63 - 1


class MalformedFrameError(Exception):
    """A frame that breaks the format; the message says what is wrong."""


class _PushHead(Struct, frozen=True, array_like=True, tag="p"):
    number: Annotated[int, Meta(ge=-_MAX_NUMBER, le=_MAX_NUMBER)]
    socket: str
    again: bool
    ids: Sequence[str]
    lengths: list[Annotated[int, Meta(ge=0, le=_MAX_NUMBER)]]


class _InboxEventHead(Struct, frozen=True, array_like=True, tag="t"):
    user: str


_encode_head = msgspec.json.Encoder().encode
_HEADS = WholeMessage | _PushHead | _InboxEventHead
_decode_head = msgspec.json.Decoder(_HEADS).decode
_LETTERS = frozenset(head.__struct_config__.tag for head in get_args(_HEADS))


def encode(message: Message) -> bytes:
    """Encode the message for a frame."""
    parts: list[bytes] = []
    encode_into(parts, message)
    return b"".join(parts)


def encode_into(parts: list[bytes], message: Message) -> int:
    """Append the parts of the encoded message, and return the number of their bytes.

    A frame joins the parts of many messages, so each notification is copied only once.
    """
    if type(message) is PushMessage:
        number, socket, again, ids, values = message
        lengths = [len(value) for value in values]
        # A tuple costs less than a `_PushHead`, and gives the same JSON.
        head = _encode_head(("p", number, socket, again, ids, lengths))
        body_length = sum(lengths)
        parts += (_LENGTHS.pack(len(head), body_length), head, *values)
    elif type(message) is InboxEventMessage:
        head, body_length = _encode_head(_InboxEventHead(message.user)), len(message.payload)
        parts += (_LENGTHS.pack(len(head), body_length), head, message.payload)
    else:
        head, body_length = _encode_head(message), 0
        parts += (_LENGTHS.pack(len(head), 0), head)
    return _LENGTHS.size + len(head) + body_length


def decode(frame: bytes) -> Iterator[Message]:
    """Yield the messages in the frame, in order. Raises `MalformedFrameError`.

    Checks every field, so that a malformed message does no harm except to its own link.
    """
    end = 0
    while end < len(frame):
        head_start = end + _LENGTHS.size
        if head_start > len(frame):
            raise MalformedFrameError("the frame ends within the lengths of a message")
        head_length, body_length = _LENGTHS.unpack_from(frame, end)
        body_start = head_start + head_length
        end = body_start + body_length
        if end > len(frame):
            raise MalformedFrameError(
                f"the frame has {len(frame)} bytes, but a message in it ends at byte {end}"
            )
        try:
            message = _decode_message(frame[head_start:body_start], frame[body_start:end])
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise MalformedFrameError(repr(error)) from error
        if message is not None:
            yield message


def _decode_message(text: bytes, body: bytes) -> Message | None:
    try:
        head = _decode_head(text)
    except msgspec.ValidationError:
        if _is_unknown(text):
            return None
        raise
    match head:
        case _PushHead(number, socket, again, ids, lengths):
            if len(ids) != len(lengths):
                raise ValueError(f"a push has {len(ids)} ids but {len(lengths)} notifications")
            return PushMessage(number, socket, again, ids, _split(body, lengths))
        case _InboxEventHead(user):
            return InboxEventMessage(user, _utf8(body))
        case RefusedMessage(_, ownership):
            if ownership.generation < NO_GENERATION or not are_owners([*ownership.owners]):
                raise ValueError("a refusal has no valid map of owners")
    return head


def _is_unknown(text: bytes) -> bool:
    """Return whether the head has the letter of a type that only newer versions have."""
    head = msgspec.json.decode(text)
    letter = head[0] if isinstance(head, list) and head else None
    return isinstance(letter, str) and letter not in _LETTERS


def _split(body: bytes, lengths: Sequence[int]) -> list[bytes]:
    values: list[bytes] = []
    start = 0
    for length in lengths:
        values.append(_utf8(body[start : start + length]))
        start += length
    if start != len(body):
        raise ValueError(f"the body has {len(body)} bytes, but its notifications have {start}")
    return values


def _utf8(value: bytes) -> bytes:
    """Return the value unchanged. Raises `UnicodeDecodeError` if it is not UTF-8."""
    value.decode()
    return value
