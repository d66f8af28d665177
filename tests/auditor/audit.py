"""One audit: gather the facts, have them judged."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.auditor.facts import Facts, Rules
from tests.auditor.judge import judge
from tests.auditor.read_group import read_group
from tests.auditor.read_inbox import read_inbox
from tests.auditor.read_logs import read_accepted, read_entries, read_samples
from tests.auditor.read_topic import read_log
from tests.auditor.verdict import Kind, Verdict

_RECEIPTS_SECONDS = 15.0
_AGAIN_SECONDS = 1.0

Paths = Path | Iterable[Path]


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the facts are. Paths are files, or folders of `*.jsonl`."""

    bootstrap: str
    topic: str
    group: str
    mongo_url: str
    database: str
    clients: tuple[Path, ...] = ()
    accepted: tuple[Path, ...] = ()
    samples: tuple[Path, ...] = ()

    @classmethod
    def of(
        cls,
        env: Mapping[str, str],
        *,
        clients: Paths = (),
        accepted: Paths = (),
        samples: Paths = (),
    ) -> Self:
        """Those of the programs with this environment."""
        return cls(
            bootstrap=env["KAFKA_BOOTSTRAP_SERVERS"],
            topic=env["KAFKA_TOPIC"],
            group=env["KAFKA_GROUP_ID"],
            mongo_url=env["MONGO_URL"],
            database=env["MONGO_DATABASE"],
            clients=_all(clients),
            accepted=_all(accepted),
            samples=_all(samples),
        )


async def audit(sources: Sources, rules: Rules | None = None) -> Verdict:
    """The verdict on the pipeline as it is now. Raises `CannotAuditError`."""
    return judge(await gather(sources), rules)


async def audit_at_end(sources: Sources, rules: Rules) -> Verdict:
    """Audit a run that is over, and wait for receipts that come late.

    If an instance died with its receipts, another one writes them once the group has noticed.
    Raises `CannotAuditError`.
    """
    until = time.monotonic() + _RECEIPTS_SECONDS
    while True:
        verdict = await audit(sources, rules)
        if verdict.kinds != {Kind.RECEIPT_MISSING} or time.monotonic() > until:
            return verdict
        await asyncio.sleep(_AGAIN_SECONDS)


async def gather(sources: Sources) -> Facts:
    """All facts, each read before what must have been there first.

    So a pipeline that goes on working is not wronged: what is committed, accepted, delivered or
    dead-lettered by the time it is read here has its reason in what is read after it. (Only of
    what is created after MongoDB was read, the clients may know more than it did.)
    """
    accepted = read_accepted(sources.accepted)
    samples = read_samples(sources.samples)
    commits = await read_group(sources.bootstrap, sources.topic, sources.group)
    log = await read_log(sources.bootstrap, sources.topic)
    stored = await read_inbox(sources.mongo_url, sources.database)
    return Facts(
        now=time.time(),
        extents=log.extents,
        records=log.records,
        dead_letters=log.dead_letters,
        receipts=log.receipts,
        commits=commits,
        stored=stored,
        entries=read_entries(sources.clients),
        accepted=accepted,
        samples=samples,
    )


def _all(paths: Paths) -> tuple[Path, ...]:
    return (paths,) if isinstance(paths, Path) else tuple(paths)
