"""Our own programs as real processes, with all the lines that they logged."""

import json
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from deploy.local import program
from deploy.local.paths import ROOT
from deploy.local.process import Child
from tests.services.forks import fork
from tests.services.http import http_client
from tests.services.waiting import PATIENCE_SECONDS

Samples = dict[str, float]

_LAST_LINES = 40


class Program(program.Program):
    """Runs `python -m <module>`. `start` waits until `/readyz` answers 200.

    `start_unready` does not wait.

    `lines` has every line that the program logged in all its starts, and `events` the parsed JSON
    lines.
    """

    def __init__(self, module: str, url: str, env: Mapping[str, str]) -> None:
        self.lines: list[str] = []
        self.events: list[dict[str, Any]] = []
        super().__init__(module, module, url, env, self._keep)

    async def stop(self, grace: float = PATIENCE_SECONDS) -> None:
        """Send SIGTERM, and SIGKILL after `grace` seconds.

        The default is more time than the slowest machine needs.
        """
        await super().stop(grace)

    async def metric(self, name: str) -> float:
        """Return the value of a metric without labels from `/metrics`."""
        async with http_client(self.url) as client:
            text = (await client.get("/metrics")).text
        (line,) = [line for line in text.splitlines() if line.startswith(name + " ")]
        return float(line.split()[1])

    async def samples(self) -> Samples:
        """Return the sums of the samples of `/metrics`, by name, and by name with one label."""
        async with http_client(self.url) as client:
            text = (await client.get("/metrics")).text
        sums: Samples = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                labels = (f'{sample.name}{{{k}="{v}"}}' for k, v in sample.labels.items())
                for name in (sample.name, *labels):
                    sums[name] = sums.get(name, 0) + sample.value
        return sums

    def _keep(self, line: str) -> None:
        self.lines.append(line)
        # A killed program may leave half a line.
        with suppress(ValueError):
            if line.startswith("{"):
                self.events.append(json.loads(line))


class ForkedProgram(Program):
    """A program that starts as a fork, which saves the imports (see `tests.services.forks`)."""

    async def _spawn(self) -> Child:
        assert self._env is not None
        return await fork(self.name, self._env, ROOT)


@asynccontextmanager
async def running(*programs: Program) -> AsyncIterator[None]:
    """Start the programs one after another, and stop them when the context ends.

    If a program exits before that, the test fails with the program's last lines, unless the test
    itself awaited the exit (`stop`, `kill`, `wait`). After any failure, the last lines of each
    program are in the report of the test.
    """
    try:
        for member in programs:
            await member.start()
        yield
        await _none_has_exited(programs)
    except Exception:
        for member in programs:
            last = "\n  ".join(member.lines[-_LAST_LINES:])
            sys.stdout.write(f"last lines of {member.name} at {member.url}:\n  {last}\n")
        raise
    finally:
        for member in reversed(programs):
            await member.stop()


async def _none_has_exited(programs: Sequence[Program]) -> None:
    for member in programs:
        if not member.running and not member.end_awaited:
            raise member.failure(await member.ending())
