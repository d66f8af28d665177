"""No client can block, fill or confuse our servers. They answer it, and end its connection."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from tests.deploy.local.front import Front
from tests.integration.http_cases import SECRET_IN_QUERY, Case, bodies, cases, upgrades
from tests.integration.junk import junk, junk_in_a_session, send_and_reset, upgrade
from tests.integration.raw_http import answer_to, statuses, unread
from tests.services.env import program_env
from tests.services.http import http_client
from tests.services.pairs import Pairs
from tests.services.program import ForkedProgram, Program, running
from tests.services.waiting import PATIENCE_SECONDS, eventually

pytestmark = pytest.mark.xdist_group("http bounds")

_ARRIVAL = {
    "PRODUCER_API_ARRIVAL_TIMEOUT_SECONDS": "1",
    "DELIVERY_ARRIVAL_TIMEOUT_SECONDS": "1",
    "DEMO_SHOP_ARRIVAL_TIMEOUT_SECONDS": "1",
}
_HAPROXY = {"UI_ARRIVAL_TIMEOUT": "1s", "UI_IDLE_TIMEOUT": "1s"}
_PATHS = {"api": b"/healthz", "delivery": b"/healthz", "shop": b"/readyz", "ui": b"/readyz"}
_HALF_OPEN = 200
_JUNK = b"\x00junk\r\n\r\n"
_REQUESTS = (
    *(b"GET " + path for path in (b"/", b"/healthz", b"/readyz", b"/metrics", b"/docs", b"/peer")),
    *(b"GET " + path for path in (b"/openapi.json", b"/nowhere", b"/socket.io/?EIO=4", b"/%00")),
    *(b"GET /docs/" + name for name in (b"redoc.standalone.js", b"swagger-ui.css", b"nothing")),
    *(b"GET /v1/users/" + path for path in (b"me/notifications", b"a%2fb/notifications")),
    *(b"POST " + path for path in (b"/v1/notifications", b"/api/sign-in", b"/healthz")),
    *(method + b" /readyz" for method in (b"HEAD", b"OPTIONS", b"DELETE")),
)
#: How often junk is sent, and how many log lines of one kind it may cause. A program logs fewer
#: lines in one period, but a new period may begin during the test.
_TIMES, _MOST_LINES = 60, 40


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def env(pairs: Pairs, ports: Iterator[int]) -> dict[str, str]:
    env = program_env(await pairs.lasting(), ports) | _ARRIVAL
    return env | {"DEMO_SHOP_PORT": str(next(ports))}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def servers(
    env: dict[str, str], ports: Iterator[int], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[dict[str, Program | Front]]:
    """All our servers. Each gives a request one second to arrive."""
    programs = {
        "api": ForkedProgram("producer_api", _url(env["PRODUCER_API_PORT"]), env),
        "delivery": ForkedProgram("delivery", _url(env["DELIVERY_PORT"]), env),
        "shop": ForkedProgram("deploy.demo_shop", _url(env["DEMO_SHOP_PORT"]), env),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("haproxy"))
        front = Front(next(ports), int(env["DEMO_SHOP_PORT"]), **_HAPROXY)
        async with running(*programs.values()):
            await front.haproxy.start()
            await front.haproxy.add("delivery-1", int(env["DELIVERY_PORT"]))
            yield {**programs, "ui": front}
            await front.haproxy.stop()


@pytest.mark.parametrize("server", _PATHS)
async def test_every_hostile_request_is_answered_and_ended(
    servers: dict[str, Program | Front], server: str
) -> None:
    port, lines = _port(servers[server]), servers[server].lines
    all_cases = list(cases(_PATHS[server]))
    if server == "delivery":
        all_cases += upgrades()
    if server == "shop":
        all_cases += bodies(b"/api/sign-in")
    answers = await asyncio.gather(*(_answer(port, case) for case in all_cases))
    wrong = {
        case.name: answer
        for case, answer in zip(all_cases, answers, strict=True)
        if answer != case.of(server)
    }
    assert wrong == {}
    assert [line for line in lines if "Traceback" in line or SECRET_IN_QUERY in line] == []


async def test_half_open_connections_do_not_stay(servers: dict[str, Program | Front]) -> None:
    started = time.monotonic()
    pieces = [[b"GET /"], []] * (_HALF_OPEN // 2)
    ports = [_port(server) for server in servers.values()]
    ends = [answer_to(port, piece, PATIENCE_SECONDS) for port in ports for piece in pieces]
    await asyncio.gather(*ends)
    assert time.monotonic() - started < 10


async def _answered(port: int, request: bytes) -> bytes:
    """Repeat the request until it arrives in time. A busy client may need more than a second."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (answer := await answer_to(port, [request], PATIENCE_SECONDS)):
            pass
    return answer


@pytest.mark.parametrize("server", ["api", "delivery", "shop"])
async def test_no_answer_may_be_cached_or_taken_for_another_type(
    servers: dict[str, Program | Front], server: str
) -> None:
    request = b"%b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nOrigin: http://localhost:8080\r\n\r\n"
    requests = [request % line for line in _REQUESTS] + [_JUNK, b"GET /healthz?" + b"x" * 70_000]
    port = _port(servers[server])
    answers = await asyncio.gather(*(_answered(port, each) for each in requests))
    heads = [answer.partition(b"\r\n\r\n")[0].lower() for answer in answers]
    assert [head for head in heads if not head.startswith(b"http/1.1 ")] == []
    for header in (b"\r\ncache-control: no-store", b"\r\nx-content-type-options: nosniff"):
        assert [head for head in heads if head.count(header.partition(b":")[0]) != 1] == []
        assert [head for head in heads if header not in head] == []


async def test_strangers_leave_few_lines_without_tracebacks_or_queries(
    servers: dict[str, Program | Front], env: dict[str, str]
) -> None:
    programs = [server for server in servers.values() if isinstance(server, Program)]
    sendings = [send_and_reset(_port(each), pieces) for each in programs for pieces in junk()]
    sessions = len(list(junk_in_a_session("")))
    await asyncio.gather(*sendings, *(_in_a_session(env, number) for number in range(sessions)))
    for program in programs:
        for _ in range(_TIMES):
            await answer_to(_port(program), [_JUNK], PATIENCE_SECONDS)
    for program in programs:
        assert [line for line in program.lines if "Traceback" in line] == []
        assert [line for line in program.lines if not line.startswith("{")] == []
        assert [line for line in program.lines if SECRET_IN_QUERY in line] == []
        assert [event for event in program.events if event["level"] in ("error", "critical")] == []
        refused = [event for event in program.events if "Invalid method" in event.get("cause", "")]
        assert 1 <= len(refused) <= _MOST_LINES


# The last test of this module, because it stops delivery.
async def test_neither_a_stop_with_hanging_requests_nor_a_start_logs_errors(
    servers: dict[str, Program | Front], env: dict[str, str], ports: Iterator[int]
) -> None:
    delivery = servers["delivery"]
    assert isinstance(delivery, Program)
    earlier = len(delivery.lines)
    async with AsyncExitStack() as hanging:
        for request in (b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 16, _JUNK[:3]):
            _, writer = await hanging.enter_async_context(unread(_port(delivery)))
            writer.write(request)
        await asyncio.sleep(0.2)  # so that answers wait to be read
        await delivery.stop()
    # The broker accepts connections and never answers. So the start is still under way when the
    # upgrade arrives.
    broker = f"127.0.0.1:{next(ports)}"
    starting = ForkedProgram("delivery", delivery.url, env | {"KAFKA_BOOTSTRAP_SERVERS": broker})
    host, port = broker.split(":")
    async with await asyncio.start_server(_says_nothing, host, int(port)):
        await starting.start_unready()
        await eventually(lambda: _is_refused(starting))
        new = delivery.lines[earlier:] + starting.lines
        await starting.stop()
    assert [line for line in new if '"level":"error"' in line or "Traceback" in line] == []


async def _says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.read(1024):
        pass
    writer.close()
    await writer.wait_closed()


async def _is_refused(delivery: Program) -> bool:
    try:
        return statuses(await answer_to(_port(delivery), [upgrade()], 5)) == (503,)
    except OSError:
        return False


async def _in_a_session(env: dict[str, str], number: int) -> None:
    async with http_client(_url(env["DELIVERY_PORT"])) as client:
        opening = (await client.get("/socket.io/?EIO=4&transport=polling")).text
    pieces = list(junk_in_a_session(json.loads(opening[1:])["sid"]))[number]
    await send_and_reset(int(env["DELIVERY_PORT"]), pieces)


async def _answer(port: int, case: Case) -> tuple[int, ...] | str:
    try:
        return statuses(await answer_to(port, case.pieces, 15.0, waits=case.waits))
    except TimeoutError:
        return "stays open"


def _port(server: Program | Front) -> int:
    return server.ui_port if isinstance(server, Front) else int(server.url.rpartition(":")[2])


def _url(port: str) -> str:
    return f"http://127.0.0.1:{port}"
