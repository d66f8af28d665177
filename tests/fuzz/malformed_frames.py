"""Malformed conversations with the Socket.IO endpoint, each made from a seed.

A conversation is what a client sends over one TCP connection, and how it leaves. The same seed
always makes the same conversation.
"""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise

from tests.integration.delivery.conformance.raw_websocket import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    SHOPPERS_TARGET,
    TEXT,
    frame,
    length_field,
    request,
)
from tests.services.tokens import shopper_token

PATH = "/socket.io/"
POLLING = f"{PATH}?EIO=4&transport=polling"
_USERS = 500
_HUGE = "9" * 400
_DEEP = "[" * 5_000
#: A token is valid for longer than any run, so one for each user is enough.
_tokens: dict[str, str] = {}


class Leaving(Enum):
    """How a client ends its TCP connection."""

    RESET = auto()
    FINISH = auto()
    AFTER_THE_ANSWER = auto()


@dataclass(slots=True)
class Conversation:
    """The parts to send, one after the other, each after a short wait.

    In the kind `posts`, each part is the body of a request in a session that polls. In the kind
    `upgrades`, `{sid}` in the first part stands for the id of such a session.
    """

    kind: str
    parts: list[bytes]
    leaving: Leaving


def conversation_of(seed: int) -> Conversation:
    """Return the conversation of this seed."""
    dice = random.Random(seed)  # noqa: S311 - for tests
    kind = dice.choice([*_KINDS])
    parts = _KINDS[kind](dice)
    return Conversation(kind, parts, dice.choice([*Leaving]))


#: What may follow the type of a Socket.IO packet.
_DATA = [
    "",
    "[]",
    "{}",
    "null",
    "NaN",
    "[[1]]",
    "[1e999]",
    _DEEP,
    '["connect"]',
    '["disconnect"]',
    '["notifications",[]]',
    '["notifications",[{"id":1,"actions":[{}],"image_url":"x"}]]',
    '["inbox",{"changed":[{"id":null,"withdrawn_at":1}]}]',
    '["auth",{}]',
    '["auth",{"token":1}]',
    '["auth",{"token":"' + "e" * 9_000,
    '["auth",{"_placeholder":true,"num":99}]',
    '[{"_placeholder":true,"num":0}]',
    '["auth",' * 50,
    '["hello","' + "x" * 20_000 + '"]',
    '["\\ud800"]',
]

# ── kinds ──────────────────────────────────────────────────────────────────────────────────────


def _handshakes(dice: random.Random) -> list[bytes]:
    """Return a request to upgrade that is wrong, cut short, pipelined, or followed by junk."""
    key, value = dice.choice(
        [
            ("Sec-WebSocket-Key", None),
            ("Sec-WebSocket-Key", "short"),
            ("Sec-WebSocket-Version", "8"),
            ("Upgrade", "h2c"),
            ("Upgrade", "websocket, websocket"),
            ("Connection", "close"),
            ("Content-Length", "5"),
            ("Transfer-Encoding", "chunked"),
            ("X-Long", "x" * dice.choice([8_000, 9_000, 70_000])),
            ("Sec-WebSocket-Extensions", "permessage-deflate"),
            ("Sec-WebSocket-Protocol", ",,,"),
            ("Origin", "https://evil.example"),
            ("X-Odd", "\x7f\x80"),
        ]
    )
    target = dice.choice(
        [
            SHOPPERS_TARGET,
            PATH,
            f"{PATH}?EIO=3&transport=websocket",
            f"{SHOPPERS_TARGET}&sid={_word(dice)}",
            f"{SHOPPERS_TARGET}&j=x",
            "/peer",
            "/elsewhere",
            "/%ff%00",
            "/" + "p" * dice.choice([100, 9_000]),
        ]
    )
    method = dice.choice(["GET"] * 6 + ["POST", "PUT", "BREW"])
    head = request(target, {key: value}, method=method)
    polling = f"GET {POLLING} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    match dice.randrange(6):
        case 0:
            return [head[: dice.randrange(len(head))]]
        case 1:
            return [polling * dice.randrange(1, 4) + head]
        case 2:
            return [head + _junk(dice)]
        case 3:
            return [*_pieces(dice, head)]
        case 4:
            return [_damaged(dice, head)]
    return [head]


def _frames(dice: random.Random) -> list[bytes]:
    """Return frames with any head: opcodes, reserved bits, masks, lengths, fragments."""
    parts = [request(), _text(_connect(dice))] if dice.random() < 0.5 else [request()]
    for _ in range(dice.randrange(1, 8)):
        payload = _packet(dice)
        opcode = dice.choice([TEXT, TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG, 3, 7, 11, 15])
        one = frame(
            opcode,
            payload[: dice.choice([0, 2, 125, 126, 70_000])],
            fin=dice.random() < 0.7,
            reserved=dice.choice([0, 0, 0, 0, 1, 4, 7]),
            masked=dice.random() < 0.9,
        )
        match dice.randrange(8):
            case 0:
                one = one[: dice.randrange(len(one) + 1)]
            case 1:
                one = bytes([0x81]) + length_field(dice.choice([1 << 20, 1 << 40, 1 << 62])) + one
            case 2:
                one = _damaged(dice, one)
            case 3:
                code = dice.choice([0, 999, 1000, 1004, 1005, 1006, 1015, 2999, 4999, 5000, 65535])
                one = frame(CLOSE, code.to_bytes(2) + dice.choice([b"", b"bye", b"\xff\xfe"]))
        parts.append(one)
    return parts


def _packets(dice: random.Random) -> list[bytes]:
    """Return whole text or binary messages. A client may not send most of them."""
    parts = [request()]
    if dice.random() < 0.8:
        parts.append(_text(_connect(dice)))
    for _ in range(dice.randrange(1, 12)):
        kind = BINARY if dice.random() < 0.1 else TEXT
        parts.append(frame(kind, _packet(dice)))
    return parts


def _churn(dice: random.Random) -> list[bytes]:
    """Return connects and disconnects of a session, with valid and other tokens and namespaces."""
    parts = [request()]
    for _ in range(dice.randrange(1, 15)):
        one = dice.choice([_connect(dice), "41", _connect(dice), "41/other,"])
        parts.append(_text(one))
    return [parts[0], b"".join(parts[1:])] if dice.random() < 0.5 else parts


def _upgrades(dice: random.Random) -> list[bytes]:
    """Return an upgrade from polling to a WebSocket, often cut short. `{sid}` is replaced later."""
    head = request(SHOPPERS_TARGET + "&sid={sid}")
    probe = dice.choice(["2probe", "2prob", "2", "5", "", "42[]"])
    parts = [head, _text(probe), _text(dice.choice(["5", "6", "40", "2probe"]))]
    parts += [_text(_connect(dice)), frame(TEXT, _packet(dice))]
    return parts[: dice.randrange(1, len(parts) + 1)]


def _posts(dice: random.Random) -> list[bytes]:
    """Return bodies for the requests of a session that polls."""
    bodies = [_connect(dice).encode()] if dice.random() < 0.7 else []
    for _ in range(dice.randrange(1, 5)):
        packets = [_packet(dice) for _ in range(dice.choice([0, 1, 1, 2, 5, 120]))]
        bodies.append(b"\x1e".join(packets))
    return bodies


_KINDS: dict[str, Callable[[random.Random], list[bytes]]] = {
    "handshakes": _handshakes,
    "frames": _frames,
    "packets": _packets,
    "churn": _churn,
    "upgrades": _upgrades,
    "posts": _posts,
}


# ── parts of them ──────────────────────────────────────────────────────────────────────────────


def _text(packet: str) -> bytes:
    return frame(TEXT, packet.encode())


def _connect(dice: random.Random) -> str:
    user = f"fuzz-{dice.randrange(_USERS)}"
    token = _tokens.get(user) or _tokens.setdefault(user, shopper_token(user, lifetime=86_400))
    good = json.dumps({"token": token})
    return "40" + dice.choice([good] * 6 + ["", "{}", "[]", '{"token":5}', good[:-9], "/x," + good])


def _packet(dice: random.Random) -> bytes:
    """Return an Engine.IO packet, usually malformed."""
    number = dice.choice(["", "0", "1", "7", "-1", "1.5", _HUGE, "999999999999"])
    name = dice.choice(["", "/", "/x,", "/,", "/" + _word(dice) + ",", ","])
    count = dice.choice(["", "1-", "0-", "99999-", _HUGE + "-", "-"])
    data = dice.choice([*_DATA, _word(dice)])
    kind = dice.choice("0123456789")
    whole = dice.choice(
        [
            f"4{kind}{count}{name}{number}{data}",
            f"4{kind}{number}{data}",
            f"43{number}{data}",
            f"42{number}{data}",
            f"{kind}{data}",
            f"b{_word(dice)}",
            dice.choice(["2", "3", "1", "5", "6", "4", "40", "41", "2probe", "3probe"]),
        ]
    ).encode()
    return _damaged(dice, whole) if dice.random() < 0.15 else whole


def _damaged(dice: random.Random, whole: bytes) -> bytes:
    damaged = bytearray(whole)
    for _ in range(dice.randrange(1, 6)):
        if damaged:
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
    return bytes(damaged)


def _pieces(dice: random.Random, whole: bytes) -> list[bytes]:
    ends = sorted(dice.randrange(len(whole)) for _ in range(3))
    bounds = [0, *ends, len(whole)]
    return [whole[start:end] for start, end in pairwise(bounds)]


def _junk(dice: random.Random) -> bytes:
    return dice.randbytes(dice.choice([1, 20, 3_000]))


def _word(dice: random.Random) -> str:
    return "".join(dice.choices('abcXYZ019é%&=/\\"', k=dice.randrange(1, 20)))
