"""Our own programs as real processes, with all lines that they logged."""

import json
from collections.abc import AsyncIterator, Mapping
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


class Program(program.Program):
    """`python -m <module>`. `start` waits until `/readyz` answers 200, `start_unready` does not.

    `lines` has every line that the program logged, over all its starts, and `events` those that
    are JSON, parsed.
    """

    def __init__(self, module: str, url: str, env: Mapping[str, str]) -> None:
        self.lines: list[str] = []
        self.events: list[dict[str, Any]] = []
        super().__init__(module, module, url, env, self._keep)

    async def stop(self, grace: float = PATIENCE_SECONDS) -> None:
        """Send SIGTERM, and SIGKILL after `grace` seconds: more than the slowest machine needs."""
        await super().stop(grace)

    async def metric(self, name: str) -> float:
        """Return the value of a metric that has no labels, from `/metrics`."""
        async with http_client(self.url) as client:
            text = (await client.get("/metrics")).text
        (line,) = [line for line in text.splitlines() if line.startswith(name + " ")]
        return float(line.split()[1])

    async def samples(self) -> Samples:
        """Return the sums of all samples of `/metrics`, by name, and by name and each label."""
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
        # A program that is killed may leave half a line.
        with suppress(ValueError):
            if line.startswith("{"):
                self.events.append(json.loads(line))


class ForkedProgram(Program):
    """A program that is forked, and so starts without importing (see `tests.services.forks`)."""

    async def _spawn(self) -> Child:
        assert self._env is not None
        return await fork(self.name, self._env, ROOT)


@asynccontextmanager
async def running(*programs: Program) -> AsyncIterator[None]:
    """Start the programs one after the other, and stop them when the context ends.

    A program that dies in between fails the test with its last lines, unless the test itself
    awaited the end (`stop`, `kill`, `wait`).
    """
    try:
        for each in programs:
            await each.start()
        yield
        for each in programs:
            if not each.running and not each.end_awaited:
                raise each.failure(await each.ending())
    finally:
        for each in reversed(programs):
            await each.stop()
