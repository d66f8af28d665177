"""`python -m deploy.local`, as a person runs it: it starts, scales and stops."""

import asyncio
import csv
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path

import pytest
import pytest_asyncio
from socketio import AsyncClient as Client

from deploy.local.ask import ask
from deploy.local.ports import listening
from producer_api.contract.partitioning import partition_of
from tests.services.http import http_client
from tests.services.launcher import Launcher
from tests.services.tokens import sign
from tests.services.waiting import eventually

_STOP_SECONDS = 15.0


@pytest_asyncio.fixture
async def launcher(tmp_path: Path, ports: Iterator[int]) -> AsyncIterator[Launcher]:
    """Return a launcher that has not been started."""
    launcher = Launcher(tmp_path / "data", ports)
    yield launcher
    await launcher.stop(_STOP_SECONDS)


async def _ends_within(launcher: Launcher, seconds: float) -> int:
    began = time.monotonic()
    status = await asyncio.wait_for(launcher.wait(), seconds + 5)
    assert time.monotonic() - began < seconds
    return status


async def _running_ports(launcher: Launcher) -> list[int]:
    """Return the ports of the running delivery instances."""
    return [port for port in launcher.delivery_ports if await listening(port)]


async def test_a_ready_stack_answers_at_its_addresses(stack: Launcher) -> None:
    async with http_client() as client:
        config = (await client.get(f"{stack.ui}/config.json")).json()
        assert "<html" in (await client.get(stack.ui)).text
        assert (await client.get(f"{config['apiUrl']}/readyz")).is_success
        shoppers = (await client.get(f"{config['shopUrl']}/api/shoppers")).json()
        assert "ana" in [shopper["user_id"] for shopper in shoppers]
    assert config["socketUrls"] == [stack.ui]
    assert await _running_ports(stack) == stack.delivery_ports[:2]


async def test_only_its_user_may_read_what_a_stack_writes(stack: Launcher) -> None:
    paths = [stack.data, *stack.data.iterdir(), *(stack.data / "logs").iterdir()]
    assert {"logs", "mongo", "kafka", "jwt-secret"} <= {path.name for path in paths}
    assert [path for path in paths if path.stat().st_mode & 0o077] == []


async def test_a_third_instance_joins_and_leaves_while_the_stack_runs(stack: Launcher) -> None:
    first, second, third = stack.delivery_ports
    async with await asyncio.start_server(lambda *_: None, "127.0.0.1", third):
        status, lines = await stack.scale(3)
        assert status == 1
        assert f"port {third} (of delivery-3) is in use" in lines[0]

    status, lines = await stack.scale(3)
    assert status == 0
    assert "delivery-3    ready" in lines[0]
    assert await _running_ports(stack) == [first, second, third]
    await ask(stack.data, "kill delivery-3")
    # Do this at once, while the killed instance still waits to be started again.
    assert "delivery-3 was ended by SIGKILL" in await ask(stack.data, "scale 2")
    assert await _running_ports(stack) == [first, second]
    assert stack.running


async def test_sockets_to_the_single_address_are_spread_over_the_current_instances(
    stack: Launcher,
) -> None:
    async with AsyncExitStack() as tabs:

        async def open_tabs(count: int) -> list[Client]:
            return [await tabs.enter_async_context(_open_tab(stack)) for _ in range(count)]

        await _none_but_ours(stack)
        clients = await open_tabs(4)
        assert await _connections(stack) == [2, 2]
        assert (await stack.scale(3))[0] == 0  # the previous test stopped delivery-3
        clients += await open_tabs(5)
        assert await _connections(stack) == [3, 3, 3]
        assert "delivery-3 ended with status 0" in (await stack.scale(2))[1]

        async def three_have_gone() -> bool:
            return len([client for client in clients if client.connected]) <= 6

        await eventually(three_have_gone, within=5)
        await open_tabs(4)
        assert await _connections(stack) == [5, 5]


@asynccontextmanager
async def _open_tab(launcher: Launcher, user: str = "ana") -> AsyncIterator[Client]:
    client = Client(reconnection=False)
    await client.connect(
        launcher.ui,
        headers={"Origin": launcher.ui},
        auth={"token": sign(_secret(launcher), sub=user)},
        transports=["websocket"],
    )
    yield client
    await client.disconnect()


def _secret(launcher: Launcher) -> str:
    return (launcher.data / "jwt-secret").read_text().strip()


async def _user_of_the_first(launcher: Launcher) -> str:
    """Return a user whose owner is the first instance.

    This user's sockets stay connected if another instance is killed. If a user's owner is killed,
    and no instance serves the user for some seconds, as on a busy machine, the user's sockets are
    disconnected, and connect again elsewhere.
    """
    token = sign(_secret(launcher), sub="reader", scope="notifications:read")
    async with http_client(headers={"Authorization": f"Bearer {token}"}) as client:
        ports = await _running_ports(launcher)
        owned = [
            {each["partition"] for each in (await client.get(url)).json()["partitions"]}
            for url in (f"http://127.0.0.1:{port}/status" for port in ports)
        ]
    count = len(set.union(*owned))
    return next(user for user in map(str, range(1_000)) if partition_of(user, count) in owned[0])


async def _none_but_ours(launcher: Launcher) -> None:
    """Wait until the sockets of earlier tests are closed, and HAProxy uses both instances.

    HAProxy may count a connection for longer than the instance has a socket for it. If an instance
    was too busy to answer the checks, HAProxy sends it nothing until a check succeeds.
    """

    async def have_gone() -> bool:
        found = [await _connections(launcher), await _balanced(launcher)]
        return found == [[0, 0], [0, 0]]

    await eventually(have_gone)


async def _balanced(launcher: Launcher) -> list[int]:
    """Return the number of connections of each instance that HAProxy considers up."""
    reader, writer = await asyncio.open_unix_connection(launcher.data / "haproxy.sock")
    with closing(writer):
        writer.write(b"show stat\n")
        lines = (await reader.read()).decode().removeprefix("# ").splitlines()
    return [
        int(row["scur"])
        for row in csv.DictReader(lines)
        if row["svname"].startswith("delivery-") and row["status"].startswith("UP")
    ]


async def _connections(launcher: Launcher) -> list[float]:
    """Return the number of connections of each delivery instance."""
    async with http_client() as client:
        metrics = [
            (await client.get(f"http://127.0.0.1:{port}/metrics")).text
            for port in await _running_ports(launcher)
        ]
    return [
        float(line.removeprefix("delivery_connections "))
        for text in metrics
        for line in text.splitlines()
        if line.startswith("delivery_connections ")
    ]


async def test_a_killed_instance_takes_no_new_sockets_until_it_runs_again(stack: Launcher) -> None:
    stack.lines.clear()
    async with AsyncExitStack() as tabs:

        async def open_tabs(count: int) -> None:
            for _ in range(count):
                await tabs.enter_async_context(_open_tab(stack, user))

        await _none_but_ours(stack)
        user = await _user_of_the_first(stack)
        await open_tabs(4)
        assert await ask(stack.data, "kill delivery-2") == ["delivery-2 was killed"]
        await open_tabs(2)
        assert await _connections(stack) == [4]
        await stack.until_printed("delivery-2 is ready again")
        await open_tabs(4)
        assert await _connections(stack) == [4, 4]
    assert any("delivery-2 was ended by SIGKILL; starting it again" in line for line in stack.lines)


async def test_every_part_that_is_killed_is_started_again(stack: Launcher) -> None:
    stack.lines.clear()
    parts = {
        "mongod": "mongod",
        "kafka": "kafka.Kafka",
        "producer-api": "producer_api",
        "haproxy": "haproxy",
        "away": "delivery.away",
        "demo-shop": "deploy.demo_shop",
    }
    for words in parts.values():
        os.kill(stack.pid_of(words), signal.SIGKILL)
    for part in parts:
        await stack.until_printed(f"{part} is ready again")
    async with _open_tab(stack), http_client() as client:
        shop = f"http://localhost:{stack.ports['DEMO_SHOP_PORT']}/api/orders"
        assert (await client.post(shop, json={"user_id": "ana"})).is_success
    assert len(await _running_ports(stack)) == 2


async def test_a_second_run_does_not_share_the_folder_of_the_first(
    stack: Launcher, ports: Iterator[int]
) -> None:
    second = Launcher(stack.data, ports)
    await second.start()
    assert await _ends_within(second, 10) == 2
    assert "LOCAL_DATA" in second.lines[-1]
    assert stack.running


async def test_ctrl_c_stops_everything_and_the_next_run_uses_the_same_data(
    launcher: Launcher,
) -> None:
    await launcher.start()
    await launcher.until_printed("Ctrl-C stops everything")
    scaling = launcher.scaling(3)
    await scaling.start()
    try:
        await scaling.until_ready(lambda: _is_joining(launcher), 10)
        launcher.terminal_signal(signal.SIGINT)
        assert await _ends_within(launcher, _STOP_SECONDS) == 0
        assert await asyncio.wait_for(scaling.wait(), 5) == 1
        assert "the stack was stopped" in scaling.recent[-1]
    finally:
        await scaling.kill()
    assert await launcher.listening() == []
    assert launcher.lines[-1] == "all stopped"
    assert not (launcher.data / "control.sock").exists()

    launcher.lines.clear()
    await launcher.start()
    await launcher.until_printed("mongod        ready")
    api_port = launcher.ports["PRODUCER_API_PORT"]
    async with await asyncio.start_server(_hang_up, "127.0.0.1", api_port):
        assert await _ends_within(launcher, 3 * _STOP_SECONDS) == 1
    assert any("producer-api ended with status" in line for line in launcher.lines)
    assert await launcher.listening() == []


def _hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def _is_joining(launcher: Launcher) -> bool:
    return (launcher.data / "logs" / "delivery-3.log").exists()


async def test_sigterm_stops_a_starting_stack(launcher: Launcher) -> None:
    await launcher.start()
    await launcher.until_printed("mongod        ready")
    launcher.terminal_signal(signal.SIGTERM)
    assert await _ends_within(launcher, _STOP_SECONDS) == 0
    assert await launcher.listening() == []


@pytest.mark.parametrize(
    ("target", "number"), [("make", signal.SIGTERM), ("deploy.local", signal.SIGINT)]
)
async def test_a_signal_stops_a_stack_that_a_script_runs_in_the_background(
    target: str, number: signal.Signals, launcher: Launcher
) -> None:
    launcher.run_by("sh", "-c", "make -o setup run & wait")
    await launcher.start()
    await launcher.until_printed("mongod        ready")
    make = launcher.pid_of("make")
    os.kill(make if target == "make" else launcher.pid_of(target, make), number)
    await _ends_within(launcher, _STOP_SECONDS)
    assert await launcher.listening() == []
    assert launcher.lines[-1] == "all stopped"


async def test_no_part_outlives_a_killed_launcher(launcher: Launcher) -> None:
    await launcher.start()
    await launcher.until_printed("kafka         ready")
    await launcher.kill()

    async def all_silent() -> bool:
        return not await launcher.listening()

    await eventually(all_silent, within=5)


async def test_a_second_ctrl_c_kills_everything_at_once(launcher: Launcher) -> None:
    await launcher.start()
    await launcher.until_printed("kafka         ready")
    launcher.terminal_signal(signal.SIGINT)
    await launcher.until_printed("stopping everything")
    launcher.terminal_signal(signal.SIGINT)
    assert await _ends_within(launcher, 3) == 0
    assert await launcher.listening() == []


async def test_a_port_in_use_is_named_before_anything_starts(launcher: Launcher) -> None:
    server = await asyncio.start_server(_hang_up, "127.0.0.1", launcher.ports["UI_PORT"])
    async with server:
        await launcher.start()
        assert await _ends_within(launcher, 10) == 2
    assert f"port {launcher.ports['UI_PORT']} (UI_PORT) is in use" in launcher.lines[-1]
    assert not (launcher.data / "mongo").exists()
