"""Frames of a peer link: many messages in one, and the notifications' bytes as they are.

Format, version 1. A frame is messages one behind the other; a message is `length of the head
(4 bytes, big endian) · length of the body (4 bytes) · head · body`. The head is JSON: a list with
the message's letter first. A message of an unknown letter is passed over: so the protocol may
grow while old instances still run.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import orjson

from delivery.core.ownership import Ownership, UnreadableOwnershipError
from delivery.core.subscription_set import Digest, Subscription
from delivery.peers.messages import (
    Acked,
    Beat,
    Disconnect,
    Ended,
    Message,
    Push,
    Refused,
    Restate,
    State,
    Subscribe,
    Tell,
    Unsubscribe,
)

_LENGTH_BYTES = 4
_PREFIX_BYTES = 2 * _LENGTH_BYTES


class MalformedFrameError(Exception):
    """A frame that no instance of a known version sends."""


def encode(message: Message) -> bytes:
    """The message as it stands in a frame."""
    fields, body = _WRITERS[type(message)](message)
    head = orjson.dumps(fields, default=list)  # named tuples are no tuples to orjson
    lengths = (len(part).to_bytes(_LENGTH_BYTES) for part in (head, body))
    return b"".join((*lengths, head, body))


def decode(frame: bytes) -> Iterator[Message]:
    """The messages in the frame, in order. Raises `MalformedFrameError`."""
    at = 0
    while at < len(frame):
        head_at = at + _PREFIX_BYTES
        body_at = head_at + int.from_bytes(frame[at : at + _LENGTH_BYTES])
        end = body_at + int.from_bytes(frame[at + _LENGTH_BYTES : head_at])
        if end > len(frame):
            raise MalformedFrameError("cut short")
        try:
            message = _read(orjson.loads(frame[head_at:body_at]), frame[body_at:end])
        except (ValueError, TypeError, IndexError, UnreadableOwnershipError) as error:
            raise MalformedFrameError(repr(error)) from error
        if message is not None:
            yield message
        at = end


def _read(head: object, body: bytes) -> Message | None:
    letter, *fields = _list(head)
    read = _READERS.get(letter)
    return read(fields, body) if read is not None else None


# What is read is sound to the last field: a peer that errs ends its link, and nothing else of us.


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("no list where one is due")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text where some is due")
    return value


def _texts(value: object) -> list[str]:
    return [_text(one) for one in _list(value)]


def _whole(value: object) -> int:
    if type(value) is not int:  # a bool is an int, too
        raise TypeError("no whole number where one is due")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("neither true nor false where one is due")
    return value


def _subscriptions(value: object) -> list[Subscription]:
    return [Subscription(*_texts(one)) for one in _list(value)]


def _digest(value: object) -> Digest:
    size, fold = map(_whole, _list(value))
    return Digest(size, fold)


def _push(fields: list[Any], body: bytes) -> Push:
    number, socket, again, ids, lengths = fields[:5]
    values = list(_cut(body, [_whole(length) for length in _list(lengths)]))
    if len(ids) != len(values):
        raise ValueError("a push with more ids than notifications, or fewer")
    return Push(_whole(number), _text(socket), _flag(again), _texts(ids), values)


def _cut(body: bytes, lengths: Sequence[int]) -> Iterator[bytes]:
    at = 0
    for length in lengths:
        if length < 0:
            raise ValueError("a notification of less than no bytes")
        yield _utf8(body[at : at + length])
        at += length
    if at != len(body):
        raise ValueError("a body of another length than its head says")


def _utf8(value: bytes) -> bytes:
    value.decode()
    return value


_READERS: dict[str, Callable[[list[Any], bytes], Message]] = {
    "S": lambda fields, _: State(_whole(fields[0]), _subscriptions(fields[1]), _flag(fields[2])),
    "s": lambda fields, _: Subscribe(_whole(fields[0]), _subscriptions(fields[1])),
    "u": lambda fields, _: Unsubscribe(_texts(fields[0])),
    "a": lambda fields, _: Acked(_text(fields[0]), _whole(fields[1])),
    "b": lambda fields, _: Beat(_whole(fields[0]), _digest(fields[1])),
    "n": lambda _fields, _: Restate(),
    "e": lambda fields, _: Ended(_texts(fields[0])),
    "p": _push,
    "d": lambda fields, _: Disconnect(_text(fields[0])),
    "t": lambda fields, body: Tell(_text(fields[0]), _utf8(body)),
    "r": lambda fields, _: Refused(_texts(fields[0]), Ownership.from_json(fields[1])),
}

_WRITERS: dict[type[Message], Callable[[Any], tuple[list[Any], bytes]]] = {
    State: lambda it: (["S", it.generation, it.subscriptions, it.more], b""),
    Subscribe: lambda it: (["s", it.generation, it.subscriptions], b""),
    Unsubscribe: lambda it: (["u", it.sockets], b""),
    Acked: lambda it: (["a", it.socket, it.number], b""),
    Beat: lambda it: (["b", it.generation, it.digest], b""),
    Restate: lambda _: (["n"], b""),
    Ended: lambda it: (["e", it.sockets], b""),
    Push: lambda it: (
        ["p", it.number, it.socket, it.again, it.ids, [len(value) for value in it.values]],
        b"".join(it.values),
    ),
    Disconnect: lambda it: (["d", it.socket], b""),
    Tell: lambda it: (["t", it.user], it.payload),
    Refused: lambda it: (["r", it.sockets, it.ownership.to_json()], b""),
}
