"""A real Prometheus that scrapes the programs of a test."""

import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from deploy.local.paths import ROOT
from deploy.local.ports import HOST
from deploy.local.process import Process
from tests.services.http import http_client

_READY_SECONDS = 30.0
_BIN = ROOT / ".local" / "prometheus" / "usr" / "bin"


def tool(name: str) -> str:
    """Return the path of `prometheus` or `promtool`: the machine's own, or the fetched one."""
    path = shutil.which(name) or str(_BIN / name)
    assert Path(path).is_file(), f"{name} is missing. Run make test, which fetches it"
    return path


class Prometheus(Process):
    """A Prometheus server. It is ready when it has scraped all its targets."""

    def __init__(self, folder: Path, port: int, targets: Mapping[str, str]) -> None:
        self._targets = len(targets)
        self.url = f"http://{HOST}:{port}"
        jobs = [
            {"job_name": job, "static_configs": [{"targets": [url.removeprefix("http://")]}]}
            for job, url in targets.items()
        ]
        config = {"global": {"scrape_interval": "500ms"}, "scrape_configs": jobs}
        path = folder / "prometheus.yml"
        path.write_text(yaml.safe_dump(config))
        argv = [
            *(tool("prometheus"), f"--config.file={path}"),
            *(f"--storage.tsdb.path={folder / 'prometheus'}",),
            *(f"--web.listen-address={HOST}:{port}", "--log.level=warn"),
        ]
        super().__init__("prometheus", argv)

    async def start(self) -> None:
        """Start the server, and wait until it has scraped all targets. Raises `PartFailedError`."""
        await super().start()
        await self.until_ready(self._is_ready, _READY_SECONDS)

    async def query(self, expression: str) -> list[dict[str, Any]]:
        """Evaluate the PromQL expression now, and return its series with their values."""
        async with http_client(self.url) as client:
            answer = await client.get("/api/v1/query", params={"query": expression})
        series: list[dict[str, Any]] = answer.raise_for_status().json()["data"]["result"]
        return series

    async def _is_ready(self) -> bool:
        try:
            scraped = await self.query("up == 1")
        except httpx.HTTPError:
            return False
        # Wait for the first scrape of each target, because earlier increments would not count.
        return len(scraped) == self._targets


@asynccontextmanager
async def scraping(
    folder: Path, port: int, targets: Mapping[str, str]
) -> AsyncIterator[Prometheus]:
    """Scrape these targets (job → URL) until the context ends."""
    prometheus = Prometheus(folder, port, targets)
    try:
        await prometheus.start()
        yield prometheus
    finally:
        await prometheus.kill()
