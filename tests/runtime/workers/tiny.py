"""A program without Kafka and MongoDB: `python -m tests.runtime.workers.tiny PORT COUNT`.

This module is also the program of its workers. The parent starts them with an argument of its own.
A request to `/hang` makes the worker that gets it hang. A request to `/late` is answered half a
second later, and then counts as another hundred requests. A request to `/never` gets no answer.
"""

import asyncio
import os
import sys
import time
from collections.abc import Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter

from runtime.http_server import HttpServer
from runtime.lifecycle import Program
from runtime.lifecycle import run as run_program
from runtime.logs import set_up_logs
from runtime.workers.inherited import Inherited
from runtime.workers.lifeline import hold
from runtime.workers.parent import Patience, Plan, run
from runtime.workers.shared_memory import SharedMemory
from runtime.workers.siblings import Siblings
from runtime.workers.worker import Worker

_PAUSES = {"/late": 0.5, "/never": 1_000}
_ENDS_AT_START = "TINY_ENDS_AT_START"


def _parent(port: int, count: int) -> int:
    memory = SharedMemory.new(count, 0)
    set_up_logs("INFO", turns=memory.descriptor)
    plan = Plan(
        __spec__.name,
        count,
        "127.0.0.1",
        port,
        os.environ,
        {},
        ("tiny_workers", "tiny_worker_ends"),
        Patience(start=20, answer=0.5, stop=5),
    )
    return run(plan, memory)


def _worker(inherited: Inherited) -> int:
    hold(inherited.lifeline, seconds=1)
    if os.environ.get(_ENDS_AT_START) == str(inherited.number):
        return 5
    set_up_logs("INFO", inherited.number, inherited.memory)
    return run_program(lambda: _program(Worker.of(inherited)))


def _program(worker: Worker) -> Program:
    registry = CollectorRegistry()
    requests = Counter("tiny_requests", "Requests.", registry=registry)
    siblings = Siblings(worker.channel, registry)

    async def app(scope: Mapping[str, Any], _receive: Any, send: Any) -> None:
        requests.inc()
        path = scope["path"]
        if path == "/hang":
            time.sleep(1_000)  # noqa: ASYNC251 - it must hang
        if pause := _PAUSES.get(path):
            await asyncio.sleep(pause)
            requests.inc(100)
        body = str(os.getpid()).encode()
        if path == "/metrics":
            body = await siblings.metrics()
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def no_problems() -> Mapping[str, str]:
        return {}

    async def hear(_: Any) -> None: ...

    async def close() -> None: ...

    server = HttpServer(app, "127.0.0.1", 0, worker=worker, lifespan="off", ws="none")
    background = {"siblings": lambda: siblings.run(no_problems, hear)}
    return Program(server, background, close, flush=siblings.leave)


if __name__ == "__main__":
    match sys.argv[1:]:
        case [argument]:
            sys.exit(_worker(Inherited.parse(argument)))
        case [port, count]:
            sys.exit(_parent(int(port), int(count)))
