"""Our own programs as real processes, each with all that it logged."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
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
    """`python -m <module>`: `start` (until `/readyz` answers 200; `start_unready` does not wait),
    `stop` (SIGTERM), `kill`, `suspend`, `resume`, `wait`. `lines` keeps every line it logged.
    """

    def __init__(self, module: str, url: str, env: Mapping[str, str]) -> None:
        self.lines: list[str] = []
        super().__init__(module, module, url, env, self.lines.append)

    async def stop(self, grace: float = PATIENCE_SECONDS) -> None:
        """Send SIGTERM, and SIGKILL after `grace` seconds: more than the slowest machine needs."""
        await super().stop(grace)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The log's JSON lines."""
        return [json.loads(line) for line in self.lines if line.startswith("{")]

    async def metric(self, name: str) -> float:
        """What its `/metrics` says of that one, which has no labels."""
        async with http_client(self.url) as client:
            text = (await client.get("/metrics")).text
        (line,) = [line for line in text.splitlines() if line.startswith(name + " ")]
        return float(line.split()[1])

    async def samples(self) -> Samples:
        """The sums of all samples of its `/metrics`, by name, and by name and each label."""
        async with http_client(self.url) as client:
            text = (await client.get("/metrics")).text
        sums: Samples = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                labels = (f'{sample.name}{{{k}="{v}"}}' for k, v in sample.labels.items())
                for name in (sample.name, *labels):
                    sums[name] = sums.get(name, 0) + sample.value
        return sums


class ForkedProgram(Program):
    """A program that starts in a fraction of the time (see `tests.services.forks`)."""

    async def _spawn(self) -> Child:
        assert self._env is not None
        return await fork(self.name, self._env, ROOT)


@asynccontextmanager
async def running(*programs: Program) -> AsyncIterator[None]:
    """Start these one after the other; stop them at the end.

    A program that died meanwhile fails the test with its last lines, unless the test awaited its
    end itself (`stop`, `kill`, `wait`).
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
