"""Well-formed packets of a client are accepted. Others count as malformed."""

from typing import Any

import pytest
from socketio.packet import ACK, CONNECT, DISCONNECT, EVENT

from delivery.sockets.packet import CheckedPacket, notifications


@pytest.mark.parametrize(
    ("text", "kind", "data", "number"),
    [
        ("0", CONNECT, None, None),
        ('0{"token":"t"}', CONNECT, {"token": "t"}, None),
        ("1", DISCONNECT, None, None),
        ('27["auth",{"token":"t"}]', EVENT, ["auth", {"token": "t"}], 7),
        ('2["auth"]', EVENT, ["auth"], None),
        ("312[]", ACK, [], 12),
        ("3", ACK, None, None),
    ],
)
def test_a_well_formed_packet_is_accepted(
    text: str, kind: int, data: Any, number: int | None
) -> None:
    packet = CheckedPacket(encoded_packet=text)
    assert (packet.packet_type, packet.data, packet.id) == (kind, data, number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "7[]",
        "²",
        "2",
        "2{}",
        "2[]",
        "2[[1]]",
        "2[",
        "2" + "[" * 60_000,
        '2["connect",{},{"token":"t"}]',
        '2["disconnect","reason"]',
        '4{"message":"no"}',
        '51-["auth",{"_placeholder":true,"num":0}]',
        "61-7[]",
        '21-["auth"]',
        "3" + "9" * 200 + "[]",
        b"",
        b"\x00",
        b'2["auth"]',
    ],
)
def test_a_malformed_packet_becomes_an_event_without_a_handler(text: str | bytes) -> None:
    packet = CheckedPacket(encoded_packet=text)
    assert (packet.packet_type, packet.data, packet.id) == (EVENT, ["malformed"], None)
    assert (packet.namespace, packet.attachment_count) == (None, 0)


def test_notifications_are_joined_without_encoding_them_again() -> None:
    ready = notifications((b'{"id":1}', b'{"id": 2}'))
    assert ready == b'["notifications",[{"id":1},{"id": 2}]]'
