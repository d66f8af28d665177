"""Creates by producer APIs with one worker and with two: the rates, and the CPU time by process.

The programs take turns in short rounds, so that the machine's load is the same for all of them.
Callers, MongoDB and Kafka use the same cores, so a rate says little on a machine with few cores.
The CPU time of a create by process shows what a second worker adds, even on such a machine.
"""

import statistics
from collections.abc import Iterator, Mapping, Sequence

from deploy.local.process import Process
from tests.bench.creates import CREATE, ONE, Rows, compact_json
from tests.bench.http_callers import Calls, Figures, call
from tests.bench.live.cpu import family
from tests.services.env import program_env
from tests.services.parts import Services
from tests.services.program import Program, running
from tests.services.tokens import service_token

_ROUNDS = 3
_SECONDS = 3.0
_COUNTS = (1, 2)


async def workers(services: Services, ports: Iterator[int]) -> Rows:
    """Return the rates, and the µs of CPU time of a create by process, for 64 and 256 callers."""
    env = program_env(services, ports) | {"KAFKA_TOPIC_PARTITIONS": "12"}
    programs = {count: _program(count, env, next(ports)) for count in _COUNTS}
    parts = {"mongod": services.mongo, "Kafka": services.kafka}
    pids = {name: family(part.pid) for name, part in parts.items() if isinstance(part, Process)}
    rows: Rows = {}
    async with running(*programs.values()):
        for callers in (64, 256):
            rounds: dict[int, list[Figures]] = {count: [] for count in _COUNTS}
            for _ in range(_ROUNDS):
                for count, program in programs.items():
                    calls = _calls(program, callers, {**_processes(program), **pids})
                    rounds[count].append(await call(calls))
            rows |= {_title(callers, count): _row(each) for count, each in rounds.items()}
    return rows


def _program(count: int, env: Mapping[str, str], port: int) -> Program:
    changed = {"PRODUCER_API_PORT": str(port), "PRODUCER_API_WORKERS": str(count)}
    return Program("producer_api", f"http://127.0.0.1:{port}", {**env, **changed})


def _calls(program: Program, callers: int, pids: Mapping[str, Sequence[int]]) -> Calls:
    port, body = int(program.url.rpartition(":")[2]), compact_json(ONE)
    return Calls(port, CREATE, body, service_token(), callers, _SECONDS, pids=pids)


def _title(callers: int, count: int) -> str:
    return f"{callers} callers, {count} worker{'s' if count > 1 else ''}"


def _processes(program: Program) -> Mapping[str, Sequence[int]]:
    """Return the program's processes by name: one process alone, or a parent and its workers."""
    first, *others = family(program.pid)
    if not others:
        return {"alone": [first]}
    return {"parent": [first], **{f"worker {n}": [pid] for n, pid in enumerate(others, 1)}}


def _row(rounds: Sequence[Figures]) -> dict[str, float]:
    cpu = {
        f"{name}, µs": statistics.median(each.cpu_us[name] for each in rounds)
        for name in rounds[0].cpu_us
    }
    rate = statistics.median(each.per_second for each in rounds)
    return {"per second": rate, "p50 ms": statistics.median(rounds[0].times), **cpu}
