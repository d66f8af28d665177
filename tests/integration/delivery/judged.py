"""A run that the auditor judges by the shoppers' logs and the committed offsets."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pytest

from tests.auditor.audit import Sources, audit_at_end
from tests.auditor.commit_sampler import CommitSampler, sampled
from tests.auditor.facts import Rules
from tests.auditor.read_logs import read_client_entries
from tests.auditor.times import time_in_id
from tests.auditor.verdict import Verdict
from tests.services.shopper import Shopper


@dataclass(slots=True)
class Judged:
    """Owns the shoppers of one run, and the rules by which the auditor judges it.

    By default, the rules allow no duplicates, the policy is `park`, and a user must have received
    everything if the user's last shopper acknowledges. A test may change these fields.
    """

    sources: Sources
    clients: Path
    url: str
    max_duplicates: int = 0
    hold: bool = False
    skew_seconds: float = 0.0
    log_replaced: tuple[float, float] | None = None
    max_repeated_receipts: float | None = None
    may_freeze: bool = False
    gone: set[str] = field(default_factory=set)
    """Users who do not come back, and so need not receive everything."""
    shoppers: list[Shopper] = field(default_factory=list)

    def shopper(
        self,
        user: str,
        *,
        acking: bool = True,
        device: str | None = None,
        url: str | None = None,
        transports: Sequence[str] = ("websocket",),
    ) -> Shopper:
        """Make a client with a log. Clients of one `device` share what they have received."""
        log = self.clients / f"{len(self.shoppers)}.jsonl"
        shopper = Shopper(
            user, url or self.url, acking=acking, log=log, client=device, transports=transports
        )
        self.shoppers.append(shopper)
        return shopper

    async def verdict(self) -> Verdict:
        """Judge the run in its present state."""
        last = {shopper.user: shopper for shopper in self.shoppers}
        complete = {user for user, shopper in last.items() if shopper.is_acking} - self.gone
        rules = Rules(
            complete=frozenset(complete),
            hold=self.hold,
            skew_seconds=self.skew_seconds,
            log_replaced=self.log_replaced,
            max_repeated_receipts=self.max_repeated_receipts,
            may_freeze=self.may_freeze,
        )
        return await audit_at_end(self.sources, rules)

    def latencies(self, users: set[str]) -> list[float]:
        """Return the sorted seconds from creation to first arrival, for these users."""
        arrivals: dict[str, float] = {}
        for entry in read_client_entries((self.clients,)):
            for id_ in entry.received if entry.user in users else ():
                arrivals[id_] = min(entry.at, arrivals.get(id_, entry.at))
        return sorted(at - time_in_id(id_) for id_, at in arrivals.items())


@asynccontextmanager
async def judging(
    env: Mapping[str, str], folder: Path, url: str, node: pytest.Item
) -> AsyncIterator[Judged]:
    """Sample a run, and judge it when the context ends. The `--junitxml` report has the counts."""
    clients, samples = folder / "clients", folder / "samples.jsonl"
    clients.mkdir()
    accepted = folder / "accepted.jsonl"
    sources = Sources.of(env, clients=clients, accepted=accepted, samples=samples)
    run = Judged(sources, clients, url)
    sampler = CommitSampler(sources)
    async with sampled(sampler):
        yield run
    verdict = await run.verdict()
    counts = asdict(verdict.counts) | {"findings": len(verdict.findings)}
    # As text, because pytest-xdist sends the counts from the worker to the controller.
    node.user_properties.append(("auditor", json.dumps(counts)))
    verdict.assert_clean(run.max_duplicates)
    assert verdict.counts.samples, "the sampler must have read the committed offsets at least once"
