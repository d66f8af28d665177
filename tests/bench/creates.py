"""Creates: the latency of one caller, the rate of one producer API process, and the CPU time.

Compares our creates with a naive handler, with a handler that does nothing, and with the bare calls
to MongoDB and Kafka. The variants take turns in short rounds, so that the machine's load is the
same for all of them. Each figure and ratio is the median over the rounds.
"""

import json
import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from deploy.local.process import Process
from tests.bench.bare_creates import bare_batches, bare_creates
from tests.bench.http_callers import Calls, Figures, call
from tests.bench.live.cpu import family
from tests.services.env import program_env
from tests.services.parts import Services
from tests.services.program import Program, running
from tests.services.tokens import service_token

Rows = dict[str, dict[str, float]]

ONE = {
    "user_id": "ana",
    "type": "order.shipped",
    "title": "Pedido despachado",
    "body": "Tu pedido 1234 va en camino",
    "data": {"order_id": "1234"},
    "action_url": "/orders/1234",
}
_ROUNDS = 3
_SECONDS = 2.0
_BATCH_SECONDS = 2.0
_BATCH = 1_000
CREATE = "/v1/notifications"
_NAIVE_MODULE = "tests.bench.naive_producer_api"
_OURS, _KEYED, _NAIVE, _EMPTY, _BARE = "ours", "ours, keyed", "naive", "empty", "bare"


@dataclass(frozen=True, slots=True)
class _Bench:
    """The two programs, and the other processes whose CPU time counts."""

    env: Mapping[str, str]
    ours: Program
    naive: Program
    parts: Mapping[str, Sequence[int]]

    def variants(self, callers: int) -> dict[str, Calls]:
        """Return the calls of one round, by variant."""
        of_naive = self._calls(self.naive, "/naive", callers)
        ours = self._calls(self.ours, CREATE, callers)
        return {
            _OURS: ours,
            _KEYED: replace(ours, keyed=True),
            _NAIVE: of_naive,
            _EMPTY: replace(of_naive, path="/empty"),
        }

    def _calls(self, program: Program, path: str, callers: int) -> Calls:
        pids = {"API": family(program.pid), **self.parts}
        token = service_token()
        return Calls(_port(program), path, compact_json(ONE), token, callers, _SECONDS, pids=pids)


async def creates(services: Services, ports: Iterator[int]) -> Rows:
    """Return the latency with one caller, and the rates and CPU times, by benchmark name."""
    env = program_env(services, ports) | {"KAFKA_TOPIC_PARTITIONS": "12"}
    naive_env = env | {"PRODUCER_API_PORT": str(next(ports))}
    ours, naive = _program("producer_api", env), _program(_NAIVE_MODULE, naive_env)
    parts = {"mongod": services.mongo, "Kafka": services.kafka}
    pids = {name: family(part.pid) for name, part in parts.items() if isinstance(part, Process)}
    async with running(ours, naive):
        bench = _Bench(env, ours, naive, pids)
        rows = await _one_caller(bench)
        for callers in (64, 256):
            rows |= await _many(callers, bench)
        rows["batches of 1,000"] = await _batches(bench)
    return rows


def _program(module: str, env: Mapping[str, str]) -> Program:
    return Program(module, f"http://127.0.0.1:{env['PRODUCER_API_PORT']}", env)


def _port(program: Program) -> int:
    return int(program.url.rpartition(":")[2])


async def _one_caller(bench: _Bench) -> Rows:
    """Return the median latencies in milliseconds, and the CPU times."""
    rounds: list[dict[str, Figures]] = []
    medians: list[dict[str, float]] = []
    for _ in range(_ROUNDS):
        rounds.append(figures := await _round(bench, 1))
        times = {name: statistics.median(each.times) for name, each in figures.items()}
        bare = statistics.median(await bare_creates(bench.env, ONE, compact_json(ONE).encode()))
        ratios = {f"{name} / {_BARE}": times[name] / bare for name in (_OURS, _KEYED)}
        medians.append({**times, _BARE: bare, **ratios})
    return {"1 caller, ms": _medians(medians), **_cpu_rows("1 caller", rounds)}


async def _many(callers: int, bench: _Bench) -> Rows:
    """Return the creates per second of each variant, and the CPU times."""
    rounds = [await _round(bench, callers) for _ in range(_ROUNDS)]
    rates = []
    for figures in rounds:
        rate = {name: each.per_second for name, each in figures.items()}
        ratios = {f"{_OURS} / {name}": rate[_OURS] / rate[name] for name in (_NAIVE, _EMPTY)}
        rates.append({**rate, **ratios})
    return {
        f"{callers} callers, per second": _medians(rates),
        **_cpu_rows(f"{callers} callers", rounds),
    }


async def _round(bench: _Bench, callers: int) -> dict[str, Figures]:
    return {name: await call(calls) for name, calls in bench.variants(callers).items()}


def _cpu_rows(title: str, rounds: Sequence[Mapping[str, Figures]]) -> Rows:
    """Return the CPU time of a create by process, in µs, and the ratios of these times."""
    rows = {
        f"{title}, CPU µs, {name}": _medians(
            {**figures[name].cpu_us, "all": _sum(figures[name])} for figures in rounds
        )
        for name in rounds[0]
    }
    rows[f"{title}, CPU ratios"] = _medians(map(_cpu_ratios, rounds))
    return rows


def _cpu_ratios(figures: Mapping[str, Figures]) -> dict[str, float]:
    ratios = {}
    for name in (_OURS, _KEYED):
        api = figures[name].cpu_us["API"] / figures[_EMPTY].cpu_us["API"]
        ratios[f"API, {name} / {_EMPTY}"] = api
        ratios[f"all, {name} / {_NAIVE}"] = _sum(figures[name]) / _sum(figures[_NAIVE])
    return ratios


def _sum(figures: Figures) -> float:
    return sum(figures.cpu_us.values())


def _medians(rounds: Iterable[Mapping[str, float]]) -> dict[str, float]:
    values = defaultdict(list)
    for figures in rounds:
        for name, value in figures.items():
            values[name].append(value)
    return {name: statistics.median(each) for name, each in values.items()}


async def _batches(bench: _Bench) -> dict[str, float]:
    """Return the notifications per second, ours and those of the bare calls.

    Each round has other users. A thousand users with hundreds of unread notifications each do not
    fit into the cache of the local mongod, which then spends its time on writing pages to disk.
    """
    return _medians([await _batch_round(bench, number) for number in range(_ROUNDS)])


async def _batch_round(bench: _Bench, number: int) -> dict[str, float]:
    each = [{**ONE, "user_id": f"user-{number}-{user}"} for user in range(_BATCH)]
    body, path = compact_json({"notifications": each}), f"{CREATE}/batch"
    one, four = [
        await call(Calls(_port(bench.ours), path, body, service_token(), callers, _BATCH_SECONDS))
        for callers in (1, 4)
    ]
    ours = statistics.median(one.times)
    bare = statistics.median(await bare_batches(bench.env, each))
    return {
        "1 caller, notifications/s": one.per_second * _BATCH,
        "4 callers, notifications/s": four.per_second * _BATCH,
        "bare, notifications/s": 1000 * _BATCH / bare,
        "1 caller, ms": ours,
        "1 caller / bare": ours / bare,
    }


def compact_json(value: dict[str, Any]) -> str:
    """Return JSON without spaces, as the usual clients write it."""
    return json.dumps(value, separators=(",", ":"))
