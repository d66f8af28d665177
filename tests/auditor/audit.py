"""One audit: reads all facts, then judges them."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.auditor.facts import Facts, Rules
from tests.auditor.judge import judge
from tests.auditor.kafka_options import Options, kafka_options, security_of
from tests.auditor.read_group import read_group
from tests.auditor.read_inbox import read_inbox
from tests.auditor.read_logs import (
    read_accepted,
    read_client_entries,
    read_samples,
    read_tellings,
)
from tests.auditor.read_topic import read_log
from tests.auditor.verdict import Kind, Verdict

_RECEIPTS_SECONDS = 15.0
_RETRY_SECONDS = 1.0

Paths = Path | Iterable[Path]


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the facts are read. Paths are files, or folders of `*.jsonl`."""

    bootstrap: str
    topic: str
    group: str
    mongo_url: str
    database: str
    clients: tuple[Path, ...] = ()
    accepted: tuple[Path, ...] = ()
    samples: tuple[Path, ...] = ()
    tellings: tuple[Path, ...] = ()
    security: Mapping[str, str] = field(default_factory=dict)
    """The variables that say how to authenticate with Kafka, such as `KAFKA_SSL_CAFILE`."""

    @property
    def kafka(self) -> Options:
        """The connection options of the aiokafka clients."""
        return kafka_options(self.bootstrap, self.security)

    @classmethod
    def of(
        cls,
        env: Mapping[str, str],
        *,
        clients: Paths = (),
        accepted: Paths = (),
        samples: Paths = (),
        tellings: Paths = (),
    ) -> Self:
        """Return the sources of the programs with this environment."""
        return cls(
            bootstrap=env["KAFKA_BOOTSTRAP_SERVERS"],
            topic=env["KAFKA_TOPIC"],
            group=env["KAFKA_GROUP_ID"],
            mongo_url=env["MONGO_URL"],
            database=env["MONGO_DATABASE"],
            clients=_all(clients),
            accepted=_all(accepted),
            samples=_all(samples),
            tellings=_all(tellings),
            security=security_of(env),
        )


async def audit(sources: Sources, rules: Rules | None = None) -> Verdict:
    """Return the verdict on the pipeline as it is now. Raises `CannotAuditError`."""
    return judge(await gather(sources), rules)


async def audit_at_end(sources: Sources, rules: Rules) -> Verdict:
    """Return the verdict at the end of a run. Raises `CannotAuditError`.

    If only receipts are missing, waits up to 15 s for them, because a receipt is written after its
    outcome. If an instance died before it wrote them, the next owner does so after the session
    timeout.
    """
    until = time.monotonic() + _RECEIPTS_SECONDS
    while True:
        verdict = await audit(sources, rules)
        if verdict.kinds != {Kind.RECEIPT_MISSING} or time.monotonic() > until:
            return verdict
        await asyncio.sleep(_RETRY_SECONDS)


async def gather(sources: Sources) -> Facts:
    """Read all facts, each effect before its cause. Raises `CannotAuditError`.

    The pipeline may keep running while this reads. The order ensures that the cause of each commit,
    acceptance, delivery and dead letter is in a source that is read later. The clients' logs are
    the exception: they may name a notification that was created after MongoDB was read.
    """
    accepted = read_accepted(sources.accepted)
    tellings = read_tellings(sources.tellings)
    samples = read_samples(sources.samples)
    commits = await read_group(sources.kafka, sources.topic, sources.group)
    log = await read_log(sources.kafka, sources.topic)
    stored = await read_inbox(sources.mongo_url, sources.database)
    return Facts(
        now=time.time(),
        extents=log.extents,
        records=log.records,
        dead_letters=log.dead_letters,
        receipts=log.receipts,
        commits=commits,
        stored=stored,
        client_entries=read_client_entries(sources.clients),
        accepted=accepted,
        samples=samples,
        tellings=tellings,
    )


def _all(paths: Paths) -> tuple[Path, ...]:
    return (paths,) if isinstance(paths, Path) else tuple(paths)
