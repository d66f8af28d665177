"""Acks in every form: no ack settles a push other than its own, and invalid acks are counted."""

from dataclasses import dataclass

import pytest

from tests.integration.delivery.conformance.raw_websocket import BINARY, RawWebSocket, frame
from tests.integration.delivery.conformance.server_side import metric
from tests.integration.delivery.conformance.wire import echoes, entered, pushed, text
from tests.services.program import Program
from tests.services.waiting import eventually
from tests.services.world import World

_UNKNOWN = "delivery_unknown_acks_total"
_MALFORMED = "delivery_malformed_packets_total"


@pytest.mark.parametrize(
    "ack",
    [
        "43{id}[]",
        '43{id}["a",{{"b":[1,2,"]"]}},null]',
        "43/,{id}[]",
        "43{id}",  # python-socketio accepts an ack without brackets
        "43{id}{{}}",
        "430{id}[]",
        '43{id}["ñ€🎁"]',
        "43{id}[{long}]",
    ],
)
async def test_an_ack_counts_with_any_arguments(
    instance: Program, shared_world: World, user: str, ack: str
) -> None:
    async with entered(instance.url, user) as socket:
        before = await _counts(instance)
        created = await shared_world.create(user)
        number, _ = await pushed(socket)
        await socket.send(text(ack.format(id=number, long=f'"{"x" * 60_000}"')))
        await shared_world.all_delivered(created)
        assert await _counts(instance) == before
        await _is_served(socket, shared_world, user)


@pytest.mark.parametrize(
    "ack",
    [
        "43",
        "43[]",
        "430[]",
        "4300[]",
        "43{next}[]",
        "43999[]",
        "43{id}0[]",
        "43{huge}[]",
        "43/custom,{id}[]",
        "43/custom",
        "43/,[]",
        "43{{}}",
        "43[1]",
        "43null",
    ],
)
async def test_an_ack_of_no_push_is_counted_as_unknown(
    instance: Program, shared_world: World, user: str, ack: str
) -> None:
    await _is_counted(instance, shared_world, user, ack, _UNKNOWN)


@pytest.mark.parametrize(
    "ack",
    [
        "43{id}[",
        "43{id}]",
        "43{id}[}}",
        "43{id}[1,]",
        "43{id}[]]",
        "43{id}[] []",
        "43{id}x",
        "43{id} x",
        "43{id},[]",
        "43{id}/[]",
        "43{id}.0[]",
        "43-{id}[]",
        "43-1[]",
        "43+{id}[]",
        "43x{id}[]",
        "43 {id}[]x",
        "43{id}[nonsense]",
        "43{id}[{deep}",
        "43{digits}[]",
        "43²[]",
        "43\0{id}[]",
        "461-{id}[]",
        "46{id}[]",
    ],
)
async def test_a_malformed_ack_is_counted_as_malformed(
    instance: Program, shared_world: World, user: str, ack: str
) -> None:
    await _is_counted(instance, shared_world, user, ack, _MALFORMED)


async def test_an_ack_in_a_binary_frame_ends_the_connection(
    instance: Program, shared_world: World, user: str
) -> None:
    async with entered(instance.url, user) as socket:
        created = await shared_world.create(user)
        number, _ = await pushed(socket)
        await socket.send(frame(BINARY, f"43{number}[]".encode()))
        assert (await socket.ended()).frames == []
    assert await shared_world.delivered(created) == set()


async def test_a_repeated_ack_is_unknown(instance: Program, shared_world: World, user: str) -> None:
    before = await _counts(instance)
    async with entered(instance.url, user) as socket:
        created = await shared_world.create(user)
        number, _ = await pushed(socket)
        await socket.send(text(f"43{number}[]") * 5)
        await shared_world.all_delivered(created)
        await eventually(lambda: _is(instance, before.and_unknown(4)))
        await _is_served(socket, shared_world, user)


async def test_an_ack_of_another_socket_is_unknown(
    instance: Program, shared_world: World, user: str
) -> None:
    before = await _counts(instance)
    async with (
        entered(instance.url, user) as own,
        entered(instance.url, f"{user}-stranger") as stranger,
    ):
        created = await shared_world.create(user)
        number, _ = await pushed(own)
        await stranger.send(*(text(f"43{each}[]") for each in range(1, int(number) + 20)))
        await echoes(stranger)
        await eventually(lambda: _is(instance, before.and_unknown(int(number) + 19)))
        assert await shared_world.delivered(created) == set()
        await own.send(text(f"43{number}[]"))
        await shared_world.all_delivered(created)


async def test_acks_in_one_segment_and_in_fragments_count(
    instance: Program, shared_world: World, user: str
) -> None:
    async with entered(instance.url, user) as socket:
        for cut in (1, 2, 3, 4):
            created = await shared_world.create(user)
            number, _ = await pushed(socket)
            ack = f"43{number}[]"
            await socket.send(text(ack[:cut], fin=False), frame(0, ack[cut:].encode()))
            await shared_world.all_delivered(created)
        created = await shared_world.create(user)
        number, _ = await pushed(socket)
        echo = '425["auth"]'
        await socket.send(text(echo), text(f"43{number}[]"), text("3"), text(echo))
        await shared_world.all_delivered(created)
        await echoes(socket, 5, sent=True)
        await echoes(socket, 5, sent=True)


@dataclass(frozen=True, slots=True)
class _Counts:
    unknown: float
    malformed: float

    def and_unknown(self, more: int) -> "_Counts":
        return _Counts(self.unknown + more, self.malformed)


async def _counts(instance: Program) -> _Counts:
    return _Counts(await metric(instance, _UNKNOWN), await metric(instance, _MALFORMED))


async def _is(instance: Program, counts: _Counts) -> bool:
    return await _counts(instance) == counts


async def _is_counted(instance: Program, world: World, user: str, ack: str, counter: str) -> None:
    """Check that the ack raises only this metric, and that the push still waits for its own ack."""
    before = await _counts(instance)
    async with entered(instance.url, user) as socket:
        created = await world.create(user)
        number, _ = await pushed(socket)
        values = {
            "id": number,
            "next": int(number) + 1,
            "huge": "9" * 90,
            "digits": "9" * 5_000,
            "deep": "[" * 50_000,
        }
        await socket.send(text(ack.format(**values)))
        await echoes(socket)
        unknown, malformed = counter == _UNKNOWN, counter == _MALFORMED
        expected = _Counts(before.unknown + unknown, before.malformed + malformed)
        assert await _counts(instance) == expected
        assert await world.delivered(created) == set()
        await socket.send(text(f"43{number}[]"))
        await world.all_delivered(created)
        await _is_served(socket, world, user)


async def _is_served(socket: RawWebSocket, world: World, user: str) -> None:
    """Check that the next push arrives, and its ack counts."""
    created = await world.create(user)
    number, items = await pushed(socket)
    assert [item["id"] for item in items] == created
    await socket.send(text(f"43{number}[]"))
    await world.all_delivered(created)
