"""The Engine.IO checks of the protocol's own test suite over long polling (protocol revision 4).

Polling is the fallback where a network blocks WebSockets. Hostile requests are in
`test_polling_hostile`, upgrades in `test_polling_upgrade`, pushes in `test_polling_pushes`.
"""

import asyncio

import pytest

from tests.integration.delivery.conformance.polling import SEPARATOR, Poller
from tests.integration.delivery.conformance.server_side import metric
from tests.integration.delivery.conformance.wire import echo_packet
from tests.services.http import http_client
from tests.services.program import Program
from tests.services.tokens import shopper_token
from tests.services.waiting import eventually

_UI = "http://localhost:8080"
_OPENING = "/socket.io/?EIO=4&transport=polling"


async def test_the_handshake_has_the_session_and_its_limits(instance: Program) -> None:
    async with Poller.opened(instance.url) as poller:
        assert poller.sid
        assert {**poller.opening, "sid": ""} == {
            "sid": "",
            "upgrades": ["websocket"],
            "pingInterval": 25_000,
            "pingTimeout": 20_000,
            "maxPayload": 65_536,
        }
        assert (await poller.post("1")).status_code == 200


@pytest.mark.parametrize(
    ("method", "query", "statuses"),
    [
        ("GET", "transport=polling", {400}),
        ("GET", "EIO=abc&transport=polling", {400}),
        ("GET", "EIO=3&transport=polling", {400}),
        ("GET", "EIO=4&transport=abc", {400}),
        ("GET", "EIO=4&transport=websocket", {400}),
        ("GET", "EIO=4&transport=polling&sid=unknown", {400}),
        ("POST", "EIO=4&transport=polling&sid=unknown", {400}),
        ("POST", "EIO=4&transport=polling", {400}),
        *[(method, "EIO=4&transport=polling", {400, 405}) for method in ("PUT", "DELETE", "HEAD")],
    ],
)
async def test_a_request_that_no_client_sends_is_refused(
    instance: Program, method: str, query: str, statuses: set[int]
) -> None:
    async with http_client(instance.url) as http:
        answer = await http.request(method, f"/socket.io/?{query}", content=b"4hello")
    assert answer.status_code in statuses


async def test_only_allowed_origins_may_poll(instance: Program) -> None:
    async with http_client(instance.url) as http:
        for origin in ("https://evil.example", "null"):
            answer = await http.get(_OPENING, headers={"Origin": origin})
            assert answer.status_code == 400
        for method in ("GET", "OPTIONS"):
            answer = await http.request(method, _OPENING, headers={"Origin": _UI})
            assert answer.status_code == 200
            assert answer.headers["Access-Control-Allow-Origin"] == _UI


async def test_packets_of_one_payload_are_answered_in_one_session(
    instance: Program, user: str
) -> None:
    async with Poller.entered(instance.url, user) as poller:
        await poller.sends(echo_packet(1))
        assert (await poller.packet()).startswith("431[")
        await poller.sends(*(echo_packet(number) for number in range(100)))
        answers = {(await poller.packet()).split("[")[0] for _ in range(100)}
        assert answers == {f"43{number}" for number in range(100)}


async def test_a_token_is_renewed_and_text_is_utf_8(instance: Program, user: str) -> None:
    async with Poller.entered(instance.url, user) as poller:
        token = shopper_token(user)
        await poller.sends(f'427["auth",{{"token":"{token}","ñ€🎁":"é"}}]')
        assert await poller.packet() == '437[{"ok":true}]'


async def test_several_packets_come_in_one_answer(instance: Program) -> None:
    async with Poller.opened(instance.url) as poller:
        await poller.sends("40/a,", "40/b,", "40/c,")
        answer = await poller.get()
        refusals = [f'44/{name},"Unable to connect"' for name in "abc"]
        # The first poll may be answered before the last packet is handled.
        received = answer.text.split(SEPARATOR)
        while len(received) < 3:
            received.append(await poller.packet())
        assert received == refusals
        assert (await poller.post("1")).status_code == 200


async def test_a_close_packet_ends_the_session(instance: Program, user: str) -> None:
    async with Poller.opened(instance.url) as unconnected:
        assert (await unconnected.post("1")).status_code == 200
        await unconnected.is_over()
    async with Poller.entered(instance.url, user) as poller:
        assert (await poller.post("1")).status_code == 200
        await eventually(lambda: _nobody_is_connected(instance))
        await poller.is_over()


async def test_two_concurrent_polls_lose_and_repeat_nothing(instance: Program, user: str) -> None:
    # The suite requires that a second poll ends the session. Delivery lets both polls wait, as
    # python-engineio does.
    async with Poller.entered(instance.url, user) as poller:
        polls = [asyncio.create_task(poller.get(t=f"poll-{number}")) for number in range(2)]
        await poller.sends(echo_packet(1))
        first, _ = await asyncio.wait(polls, return_when=asyncio.FIRST_COMPLETED)
        await poller.sends(echo_packet(2))
        await asyncio.wait(polls)
        bodies = sorted(poll.result().text.split("[")[0] for poll in polls)
        assert bodies == ["431", "432"]
        assert len(first) == 1


async def test_the_server_pings_and_an_answer_keeps_the_session(
    impatient: Program, user: str
) -> None:
    async with Poller.entered(impatient.url, user) as poller:
        for _ in range(3):
            assert (await poller.get()).text == "2"
            await poller.sends("3")
        await poller.sends(echo_packet())
        assert (await poller.packet()).startswith("437[")


async def test_a_session_that_answers_no_ping_ends(impatient: Program, user: str) -> None:
    async with Poller.entered(impatient.url, user) as silent:
        await eventually(lambda: _nobody_is_connected(impatient))
        while (answer := await silent.get()).status_code == 200:
            assert answer.text in ("2", "1", f"2{SEPARATOR}1")
        await silent.is_over()


async def _nobody_is_connected(program: Program) -> bool:
    return await metric(program, "delivery_connections") == 0
