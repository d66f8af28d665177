"""Makes the parts of a shop on a cluster fail for a given time, and judges the run."""

import asyncio
import shutil
import signal
import time
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from aiokafka.errors import KafkaError
from pymongo.errors import PyMongoError

from deploy.local.process import PartFailedError
from tests.auditor.audit import gather
from tests.auditor.by_fault import Fault, Row, by_fault
from tests.auditor.facts import Rules
from tests.auditor.judge import judge
from tests.auditor.report import as_text
from tests.auditor.verdict import Verdict
from tests.cluster.cluster import Cluster
from tests.cluster.faults import inflict
from tests.cluster.schedule import Step, schedule
from tests.cluster.shop import UNEXPECTED, Shop

_USERS = 12
_RECOVERY_SECONDS = 240.0
_ORDER_SECONDS = 300.0
_CALM_SECONDS = 3.0
#: The errors of parts that have not recovered. Other errors are mistakes in the campaign itself,
#: and must end it.
_NOT_RECOVERED = (TimeoutError, KafkaError, PyMongoError, OSError, PartFailedError)


@dataclass(slots=True)
class Outcome:
    """What a campaign found. No `problems` means that the shop recovered and each check passed."""

    seed: int
    began_at: float
    ordered_until: float = 0.0
    seconds: float = 0.0
    faults: list[Fault] = field(default_factory=list)
    """What the table counts as faults: one for each step, with its name and when it began."""
    inflicted: int = 0
    """The number of faults. It includes each fault of a storm."""
    rows: list[Row] = field(default_factory=list)
    verdict: Verdict | None = None
    repeats: Counter[str] = field(default_factory=Counter)
    """How often an order was repeated, by the outcome of the previous attempt."""
    problems: list[str] = field(default_factory=list)


async def run(
    folder: Path, ports: Iterator[int], seconds: float, seed: int, say: Callable[[str], None]
) -> Outcome:
    """Run a campaign in a new folder, and judge it.

    After SIGINT or SIGTERM, the current step is the last one. `say` gets a line about each step. If
    there are problems, the folder also has the logs of the programs.
    """
    _empty(folder)
    outcome = Outcome(seed, time.time())
    stopped = _stopped_by_signal()
    async with Cluster.running(folder / "parts", ports) as cluster:
        opened = Shop.open(cluster, folder, ports, {}, _USERS, patience_seconds=_ORDER_SECONDS)
        shop = None
        try:
            async with opened as shop:
                await _break(shop, seconds, stopped, outcome, say)
        # Even after an error, judge what happened until then.
        except* Exception as errors:  # noqa: BLE001 - see above
            outcome.problems.append("".join(traceback.format_exception(errors)))
        if shop is not None:
            await _judge(shop, outcome)
            if outcome.problems:
                _keep_logs(shop, folder / "logs")
    outcome.seconds = time.time() - outcome.began_at
    return outcome


async def _break(
    shop: Shop,
    seconds: float,
    stopped: asyncio.Event,
    outcome: Outcome,
    say: Callable[[str], None],
) -> None:
    """Make parts fail while orders come in, and wait until everything is delivered."""
    outcome.began_at = outcome.ordered_until = time.time()
    async with shop.orders.going_on():
        await shop.orders.rounds(4)
        until = time.monotonic() + seconds
        for number, step in enumerate(schedule(outcome.seed), 1):
            if stopped.is_set() or time.monotonic() > until:
                break
            await _one(step, number, shop, outcome, say)
            outcome.ordered_until = time.time()
    await _settle(shop, outcome)


async def _one(
    step: Step, number: int, shop: Shop, outcome: Outcome, say: Callable[[str], None]
) -> None:
    """Make the faults of a step, and wait until the shop has recovered."""
    what = ", ".join(
        f"{fault.kind} ({fault.target}, {fault.seconds:.1f} s)" for fault in step.faults
    )
    outcome.faults.append(Fault(step.name, time.time()))
    outcome.inflicted += len(step.faults)
    at = time.strftime("%H:%M:%S")
    began = time.monotonic()
    problems = await _trouble_of(inflict(step, shop))
    ended = time.monotonic()
    problems += await _trouble_of(shop.recovered(_RECOVERY_SECONDS))
    healed = time.monotonic() - ended
    line = f"{number:>4} {at} {what}: lasted {ended - began:.1f} s, healed after {healed:.1f} s"
    if problems:
        line = f"{line}; not recovered: {problems}"
        outcome.problems.append(line)
    say(f"{step.name:>30} {line}")
    await asyncio.sleep(_CALM_SECONDS)


async def _trouble_of(doing: Awaitable[None]) -> str:
    """Await `doing`, and return the errors of the parts that did not recover in time."""
    trouble = ""
    try:
        await doing
    except* _NOT_RECOVERED as errors:
        trouble = _leaves(errors)
    return trouble


async def _settle(shop: Shop, outcome: Outcome) -> None:
    try:
        await shop.all_is_delivered()
    except _NOT_RECOVERED as error:
        outcome.problems.append(f"not everything was delivered at the end: {error!r}")


async def _judge(shop: Shop, outcome: Outcome) -> None:
    rules = Rules(complete=frozenset(shop.orders.created), may_freeze=True)
    facts = await gather(shop.judged.sources)
    outcome.verdict = judge(facts, rules)
    until = outcome.ordered_until
    outcome.rows = by_fault(facts, outcome.verdict.findings, outcome.faults, until)
    outcome.repeats = shop.orders.repeats
    if count := outcome.repeats[str(UNEXPECTED)]:
        outcome.problems.append(f"the producer APIs answered {UNEXPECTED} {count:,} times")
    if not outcome.verdict.clean:
        outcome.problems.append(as_text(outcome.verdict))


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _keep_logs(shop: Shop, folder: Path) -> None:
    folder.mkdir()
    for program in (*shop.producers.processes, *shop.fleet.instances):
        port = program.url.rpartition(":")[2]
        (folder / f"{program.name}-{port}.log").write_text("\n".join(program.lines))


def _stopped_by_signal() -> asyncio.Event:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return stopped


def _leaves(errors: BaseExceptionGroup[BaseException]) -> str:
    return "; ".join(
        _leaves(error) if isinstance(error, BaseExceptionGroup) else repr(error)
        for error in errors.exceptions
    )
