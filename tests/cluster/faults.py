"""Makes each fault of the schedule. When a fault has ended, the part works again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from deploy.local.process import Process
from deploy.local.program import Program, is_ready
from tests.cluster.schedule import Fault, Step
from tests.cluster.shop import Shop
from tests.faults.proxy import Proxy
from tests.services.parts import suspended

_STOP_SECONDS = 60.0
_READY_SECONDS = 180.0


async def inflict(step: Step, shop: Shop) -> None:
    """Make the faults of this step, and wait until all have ended."""
    async with asyncio.TaskGroup() as tasks:
        for fault in step.faults:
            tasks.create_task(_inflict(fault, shop))


async def _inflict(fault: Fault, shop: Shop) -> None:
    await asyncio.sleep(fault.after)
    await ACTIONS[fault.kind](shop, fault)


# ── Kafka ──────────────────────────────────────────────────────────────────────────────────


async def _restart_broker(shop: Shop, fault: Fault) -> None:
    await _restarted(shop.cluster.brokers.processes[fault.target])


async def _restart_brokers(shop: Shop, _: Fault) -> None:
    for process in shop.cluster.brokers.processes:
        await _restarted(process)
        await shop.cluster.in_sync()


async def _kill_broker(shop: Shop, fault: Fault) -> None:
    await _killed([shop.cluster.brokers.processes[fault.target]], fault.seconds)


async def _kill_coordinator(shop: Shop, fault: Fault) -> None:
    broker = await shop.cluster.coordinator(shop.world.group)
    await _killed([shop.cluster.brokers.processes[broker]], fault.seconds)


async def _kill_brokers(shop: Shop, fault: Fault) -> None:
    await _killed(_others(shop, fault.target), fault.seconds)


async def _freeze_broker(shop: Shop, fault: Fault) -> None:
    await _frozen([shop.cluster.brokers.processes[fault.target]], fault.seconds)


async def _freeze_coordinator(shop: Shop, fault: Fault) -> None:
    broker = await shop.cluster.coordinator(shop.world.group)
    await _frozen([shop.cluster.brokers.processes[broker]], fault.seconds)


async def _freeze_brokers(shop: Shop, fault: Fault) -> None:
    await _frozen(_others(shop, fault.target), fault.seconds)


async def _cut_broker(shop: Shop, fault: Fault) -> None:
    async with shop.cluster.kafka_proxies[fault.target].cut():
        await asyncio.sleep(fault.seconds)


async def _blackhole_broker(shop: Shop, fault: Fault) -> None:
    async with _blackholed(shop.cluster.kafka_proxies[fault.target]):
        await asyncio.sleep(fault.seconds)


# ── MongoDB ────────────────────────────────────────────────────────────────────────────────


async def _restart_mongod(shop: Shop, fault: Fault) -> None:
    await _restarted(shop.cluster.members.processes[fault.target])


async def _restart_mongods(shop: Shop, _: Fault) -> None:
    for process in shop.cluster.members.processes:
        await _restarted(process)
        await shop.cluster.members.all_serve()


async def _kill_primary(shop: Shop, fault: Fault) -> None:
    primary = await shop.cluster.members.primary()
    await _killed([shop.cluster.members.processes[primary]], fault.seconds)


async def _freeze_primary(shop: Shop, fault: Fault) -> None:
    primary = await shop.cluster.members.primary()
    await _frozen([shop.cluster.members.processes[primary]], fault.seconds)


async def _step_down(shop: Shop, _: Fault) -> None:
    await shop.cluster.members.step_down()


async def _cut_primary(shop: Shop, fault: Fault) -> None:
    primary = await shop.cluster.members.primary()
    async with shop.cluster.mongo_proxies[primary].cut():
        await asyncio.sleep(fault.seconds)


async def _blackhole_primary(shop: Shop, fault: Fault) -> None:
    primary = await shop.cluster.members.primary()
    async with _blackholed(shop.cluster.mongo_proxies[primary]):
        await asyncio.sleep(fault.seconds)


# ── our programs ───────────────────────────────────────────────────────────────────────────


async def _restart_instance(shop: Shop, fault: Fault) -> None:
    await shop.fleet.stop(fault.target)
    await _start_instance(shop, fault.target)


async def _kill_instance(shop: Shop, fault: Fault) -> None:
    await shop.fleet.kill(fault.target)
    await asyncio.sleep(fault.seconds)
    await _start_instance(shop, fault.target)


async def _freeze_instance(shop: Shop, fault: Fault) -> None:
    shop.fleet.suspend(fault.target)
    try:
        await asyncio.sleep(fault.seconds)
    finally:
        shop.fleet.resume(fault.target)


async def _kill_api(shop: Shop, fault: Fault) -> None:
    process = shop.producers.processes[fault.target]
    await process.kill()
    await asyncio.sleep(fault.seconds)
    await process.start_unready()
    await _is_ready(process)


async def _freeze_api(shop: Shop, fault: Fault) -> None:
    await _frozen([shop.producers.processes[fault.target]], fault.seconds)


async def _cut_peer(shop: Shop, fault: Fault) -> None:
    async with shop.fleet.proxies[fault.target].cut():
        await asyncio.sleep(fault.seconds)


async def _blackhole_peer(shop: Shop, fault: Fault) -> None:
    async with _blackholed(shop.fleet.proxies[fault.target]):
        await asyncio.sleep(fault.seconds)


ACTIONS: dict[str, Callable[[Shop, Fault], Awaitable[None]]] = {
    "broker restarted": _restart_broker,
    "broker killed": _kill_broker,
    "broker frozen": _freeze_broker,
    "coordinator killed": _kill_coordinator,
    "coordinator frozen": _freeze_coordinator,
    "two brokers killed": _kill_brokers,
    "two brokers frozen": _freeze_brokers,
    "brokers restarted in turn": _restart_brokers,
    "link to a broker cut": _cut_broker,
    "link to a broker blackholed": _blackhole_broker,
    "mongod restarted": _restart_mongod,
    "mongods restarted in turn": _restart_mongods,
    "primary killed": _kill_primary,
    "primary frozen": _freeze_primary,
    "primary stepped down": _step_down,
    "link to the primary cut": _cut_primary,
    "link to the primary blackholed": _blackhole_primary,
    "instance restarted": _restart_instance,
    "instance killed": _kill_instance,
    "instance frozen": _freeze_instance,
    "API killed": _kill_api,
    "API frozen": _freeze_api,
    "link to a peer cut": _cut_peer,
    "link to a peer blackholed": _blackhole_peer,
}


async def _start_instance(shop: Shop, number: int) -> None:
    instance = shop.fleet.instances[number]
    await shop.fleet.start_unready(number)
    try:
        await _is_ready(instance)
    finally:  # even after a failure, because the next fault of this instance removes the address
        shop.fleet.urls.append(instance.url)


async def _is_ready(program: Program) -> None:
    """Wait until the program is ready. In a storm, it may need the other faults to end first."""
    await program.until_ready(lambda: is_ready(program.url), _READY_SECONDS)


def _others(shop: Shop, target: int) -> list[Process]:
    processes = shop.cluster.brokers.processes
    return [process for number, process in enumerate(processes) if number != target]


async def _restarted(process: Process) -> None:
    await process.stop(_STOP_SECONDS)
    await process.start()


async def _killed(processes: list[Process], seconds: float) -> None:
    async with asyncio.TaskGroup() as tasks:
        for process in processes:
            tasks.create_task(process.kill())
    await asyncio.sleep(seconds)
    async with asyncio.TaskGroup() as tasks:
        for process in processes:
            tasks.create_task(process.start())


async def _frozen(processes: list[Process], seconds: float) -> None:
    first, *others = processes
    with suspended(first):
        if others:
            await _frozen(others, seconds)
        else:
            await asyncio.sleep(seconds)


@asynccontextmanager
async def _blackholed(proxy: Proxy) -> AsyncIterator[None]:
    with proxy.there.blackholed(), proxy.back.blackholed():
        yield
