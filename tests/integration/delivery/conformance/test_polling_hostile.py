"""Payloads that no client posts: each ends the session, is answered soon, and logs no traceback."""

import asyncio

import pytest

from tests.integration.delivery.conformance.polling import SEPARATOR, Poller
from tests.integration.delivery.conformance.server_side import metric
from tests.integration.delivery.conformance.wire import echo_packet
from tests.services.program import Program
from tests.services.waiting import eventually

_LARGEST = 64 * 1024
_SOON_SECONDS = 5


@pytest.mark.parametrize(
    "payload",
    [
        "abc",  # from the protocol's test suite
        SEPARATOR,
        f"3{SEPARATOR}",
        f"3{SEPARATOR}zz",
        "0",
        "2",
        "2probe",
        "6",
        "7",
        "9",
        "é",
        "4",
        "4hello",
        "4" + "[" * 60_000,
        "b####",
        "bAQIDBA==",
        b"\xff",
        b"4\xc3",
        "d=3",
        "d=",
        "d",
        "3".ljust(_LARGEST + 1),
        echo_packet().ljust(_LARGEST + 1),
        SEPARATOR.join(["3"] * 5_000),
    ],
)
async def test_a_payload_that_no_client_posts_ends_the_session(
    instance: Program, user: str, payload: str | bytes
) -> None:
    async with Poller.entered(instance.url, user) as poller, asyncio.timeout(_SOON_SECONDS):
        answer = await poller.post(payload)
        assert 400 <= answer.status_code < 500

        async def is_over() -> bool:
            return (await poller.get()).status_code == 400

        await eventually(is_over)
        assert await metric(instance, "delivery_connections") == 0


async def test_an_empty_payload_is_harmless(instance: Program, user: str) -> None:
    async with Poller.entered(instance.url, user) as poller:
        assert (await poller.post("")).status_code in (200, 400)


async def test_a_payload_of_64_kib_is_served(instance: Program, user: str) -> None:
    async with Poller.entered(instance.url, user) as poller:
        await poller.sends(echo_packet().ljust(_LARGEST))
        assert (await poller.packet()).startswith("437[")


async def test_a_poll_that_waits_is_answered_when_its_session_ends(
    instance: Program, user: str
) -> None:
    async with Poller.entered(instance.url, user) as poller, asyncio.timeout(_SOON_SECONDS):
        poll = asyncio.create_task(poller.get())
        await asyncio.sleep(0.1)  # so that the poll waits at the server
        await poller.post("1")
        answer = await poll
        # The suite expects "6" (noop), Engine.IO's empty packet.
        assert answer.status_code == 400 or answer.text in ("1", "6", "")
