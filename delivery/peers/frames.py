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
    Message,
    Push,
    Refused,
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
        if end > len(frame) or head_at > len(frame):
            raise MalformedFrameError("cut short")
        try:
            letter, *fields = orjson.loads(frame[head_at:body_at])
            read = _READERS.get(letter)
            if read is not None:
                yield read(fields, frame[body_at:end])
        except (ValueError, TypeError, IndexError, UnreadableOwnershipError) as error:
            raise MalformedFrameError(repr(error)) from error
        at = end


def _subscriptions(fields: list[list[str]]) -> list[Subscription]:
    return [Subscription(socket, user) for socket, user in fields]


def _push(fields: list[Any], body: bytes) -> Push:
    number, socket, again, ids, lengths = fields
    values = list(_cut(body, lengths))
    if len(ids) != len(values):
        raise ValueError("a push with more ids than notifications, or fewer")
    return Push(number, socket, again, ids, values)


def _cut(body: bytes, lengths: Sequence[int]) -> Iterator[bytes]:
    at = 0
    for length in lengths:
        yield body[at : at + length]
        at += length
    if at != len(body):
        raise ValueError("a body of another length than its head says")


_READERS: dict[str, Callable[[list[Any], bytes], Message]] = {
    "S": lambda fields, _: State(fields[0], _subscriptions(fields[1]), fields[2]),
    "s": lambda fields, _: Subscribe(fields[0], _subscriptions(fields[1])),
    "u": lambda fields, _: Unsubscribe(fields[0]),
    "a": lambda fields, _: Acked(fields[0], fields[1]),
    "b": lambda fields, _: Beat(fields[0], Digest(*fields[1])),
    "p": _push,
    "d": lambda fields, _: Disconnect(fields[0]),
    "t": lambda fields, body: Tell(fields[0], body),
    "r": lambda fields, _: Refused(fields[0], Ownership.from_json(fields[1])),
}

_WRITERS: dict[type[Message], Callable[[Any], tuple[list[Any], bytes]]] = {
    State: lambda it: (["S", it.generation, it.subscriptions, it.more], b""),
    Subscribe: lambda it: (["s", it.generation, it.subscriptions], b""),
    Unsubscribe: lambda it: (["u", it.sockets], b""),
    Acked: lambda it: (["a", it.socket, it.number], b""),
    Beat: lambda it: (["b", it.generation, it.digest], b""),
    Push: lambda it: (
        ["p", it.number, it.socket, it.again, it.ids, [len(value) for value in it.values]],
        b"".join(it.values),
    ),
    Disconnect: lambda it: (["d", it.socket], b""),
    Tell: lambda it: (["t", it.user], it.payload),
    Refused: lambda it: (["r", it.sockets, it.ownership.to_json()], b""),
}
