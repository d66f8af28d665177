"""Failed changes of the number of delivery instances are reported, and the stack keeps running.

tests/acceptance/test_launcher.py shows on the whole stack that instances join and leave.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.local import haproxy, program
from deploy.local.haproxy import Haproxy
from deploy.local.instances import Instances, RefusedError
from deploy.local.part_logs import PartLogs
from deploy.local.settings import LocalSettings
from deploy.local.supervisor import Supervisor
from tests.deploy.local.front import Front


@pytest_asyncio.fixture
async def instances(tmp_path: Path, ports: Iterator[int]) -> AsyncIterator[Instances]:
    """Return an object that manages no instances yet. At the end, its supervisor must still run."""
    supervisor = Supervisor(lambda _: None)
    settings = LocalSettings(local_data=tmp_path, delivery_port=next(ports))

    async def run_forever() -> None:
        await asyncio.Event().wait()

    running = asyncio.create_task(supervisor.run(run_forever))
    await asyncio.sleep(0)
    with PartLogs(tmp_path / "logs") as logs:
        # HAProxy does not run. Tests whose instances become ready bring their own.
        no_haproxy = Haproxy({}, lambda _: None)
        yield Instances(settings, logs, supervisor, no_haproxy)
    assert not running.done()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def _scale(instances: Instances, count: int) -> list[str]:
    return [line async for line in instances.scale(count)]


@pytest.mark.parametrize("count", [-1, 0, 17])
async def test_the_number_of_instances_is_bounded(instances: Instances, count: int) -> None:
    with pytest.raises(RefusedError, match="expected 1 to 16"):
        await _scale(instances, count)


async def test_an_instance_that_cannot_start_is_named_with_its_last_lines(
    instances: Instances, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DELIVERY_ACK_ATTEMPTS", "none")
    for _ in range(2):
        with pytest.raises(RefusedError, match=r"delivery-1 ended(?s:.)*DELIVERY_ACK_ATTEMPTS"):
            await _scale(instances, 1)


async def test_an_instance_that_is_never_ready_is_stopped(
    instances: Instances, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "_READY_SECONDS", 0.2)
    with pytest.raises(RefusedError, match="delivery-1 was not ready"):
        await _scale(instances, 1)
    assert not instances._programs[0].running


async def test_an_instance_that_haproxy_does_not_take_is_stopped(
    instances: Instances, front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(haproxy, "_COMMAND_SECONDS", 0.2)
    monkeypatch.setattr(program.Program, "start", program.Program.start_unready)
    instances._haproxy = front.haproxy
    front.haproxy.suspend()
    with pytest.raises(RefusedError, match="haproxy did not accept"):
        await _scale(instances, 1)
    assert not instances._programs[0].running
    assert not front.haproxy._servers, "a HAProxy that starts again must not add the instance"


async def test_only_a_running_instance_can_be_killed(instances: Instances) -> None:
    with pytest.raises(RefusedError, match="delivery-1 is none of the running ones: none"):
        _ = [line async for line in instances.kill("delivery-1")]


async def test_a_port_in_use_is_named_with_its_instance(instances: Instances) -> None:
    port = instances._settings.delivery_port
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(RefusedError, match=rf"port {port} \(of delivery-1\) is in use"),
    ):
        await _scale(instances, 1)
