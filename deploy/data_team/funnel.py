"""The DuckDB file with the figures: the facts about each notification, and the next offsets.

Each batch is stored with its offsets in one transaction. Therefore, a restarted consumer resumes
where it stopped, and counts nothing twice. A repeated record changes nothing, because its values
are the same.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple, Self

import duckdb

from deploy.data_team.events import Change, Erasure, Facts, Sweep

_TABLES = """
create table if not exists notifications (
  id varchar primary key, user_id varchar not null, type varchar,
  created_at timestamp, expires_at timestamp, delivered_at timestamp, latency_ms bigint,
  seen_at timestamp, read_at timestamp, is_archived boolean, superseded_at timestamp,
  is_muted boolean, withdrawn_at timestamp);
alter table notifications add column if not exists superseded_at timestamp;
alter table notifications add column if not exists is_muted boolean;
alter table notifications add column if not exists withdrawn_at timestamp;
create table if not exists erasures (user_id varchar primary key, up_to varchar not null);
create table if not exists progress (
  topic varchar, number integer, next_offset bigint not null, primary key (topic, number));
"""
#: Writes a whole batch, which is one parameter. DuckDB needs a thousand times as long for the same
#: rows one by one.
_UPSERT = """
insert into notifications (id, user_id, type, created_at, expires_at, delivered_at, latency_ms,
  seen_at, read_at, is_archived, superseded_at, is_muted, withdrawn_at)
select id, user_id, type,
  cast(rtrim(created_at, 'Z') as timestamp), cast(rtrim(expires_at, 'Z') as timestamp),
  cast(rtrim(delivered_at, 'Z') as timestamp), latency_ms,
  cast(rtrim(seen_at, 'Z') as timestamp), cast(rtrim(read_at, 'Z') as timestamp), is_archived,
  cast(rtrim(superseded_at, 'Z') as timestamp), is_muted,
  cast(rtrim(withdrawn_at, 'Z') as timestamp)
from (
  select r.* from (select unnest(from_json(?, '[{"id": "VARCHAR", "user_id": "VARCHAR",
    "type": "VARCHAR", "created_at": "VARCHAR", "expires_at": "VARCHAR",
    "delivered_at": "VARCHAR", "latency_ms": "BIGINT", "seen_at": "VARCHAR",
    "read_at": "VARCHAR", "is_archived": "BOOLEAN", "superseded_at": "VARCHAR",
    "is_muted": "BOOLEAN", "withdrawn_at": "VARCHAR"}]')) as r)
) as batch
where not exists (
  select 1 from erasures where erasures.user_id = batch.user_id and batch.id <= erasures.up_to)
on conflict (id) do update set
  type = coalesce(type, excluded.type),
  created_at = coalesce(created_at, excluded.created_at),
  expires_at = coalesce(expires_at, excluded.expires_at),
  delivered_at = coalesce(delivered_at, excluded.delivered_at),
  latency_ms = coalesce(latency_ms, excluded.latency_ms),
  seen_at = coalesce(seen_at, excluded.seen_at),
  read_at = coalesce(read_at, excluded.read_at),
  is_archived = coalesce(excluded.is_archived, is_archived),
  superseded_at = least(superseded_at, excluded.superseded_at),
  is_muted = coalesce(is_muted, excluded.is_muted),
  withdrawn_at = coalesce(withdrawn_at, excluded.withdrawn_at)
"""
_SWEEP_READ = """
update notifications
set read_at = cast($at as timestamp), seen_at = coalesce(seen_at, cast($at as timestamp))
where user_id = $user and id <= $up_to and read_at is null and not coalesce(is_archived, false)
  and is_muted is null
  and (superseded_at is null or superseded_at > cast($at as timestamp))
  and (withdrawn_at is null or withdrawn_at > cast($at as timestamp))
"""
_SWEEP_SEEN = """
update notifications set seen_at = cast($at as timestamp)
where user_id = $user and id <= $up_to and seen_at is null and not coalesce(is_archived, false)
  and is_muted is null
  and (superseded_at is null or superseded_at > cast($at as timestamp))
  and (withdrawn_at is null or withdrawn_at > cast($at as timestamp))
  and (expires_at is null or expires_at > cast($at as timestamp))
"""
_FUNNEL = """
select type, date_trunc('hour', created_at) as hour, count(*), count(delivered_at),
  count(seen_at), count(read_at),
  quantile_cont(latency_ms, [0.5, 0.95, 0.99]), count(is_muted), count(withdrawn_at)
from notifications where created_at is not null
group by type, hour order by hour, type
"""

#: A topic's name and the number of one of its partitions.
Partition = tuple[str, int]


class Row(NamedTuple):
    """The counts of one type in one hour. Latencies are in ms; None if nothing was delivered."""

    type: str
    hour: str
    created: int
    delivered: int
    seen: int
    read: int
    latencies: list[float] | None
    """p50, p95 and p99 of the time from the creation to the acknowledgement."""
    muted: int = 0
    """Created, but not delivered, because their users had muted the category."""
    withdrawn: int = 0
    """Withdrawn by the shop, before or after their delivery."""


class Funnel:
    """Owns the DuckDB file, which only one process at a time can open."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = duckdb.connect(str(path))
        self._database.execute(_TABLES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def progress(self) -> dict[Partition, int]:
        """Return the next offset of each partition that has been read."""
        rows = self._database.execute("select topic, number, next_offset from progress").fetchall()
        return {(topic, number): offset for topic, number, offset in rows}

    def apply(self, changes: Iterable[Change], progress: Mapping[Partition, int]) -> None:
        """Apply the changes in order, and store the next offsets, in one transaction."""
        self._database.begin()
        try:
            self._apply(changes)
            for (topic, number), offset in progress.items():
                self._database.execute(
                    "insert or replace into progress values (?, ?, ?)", [topic, number, offset]
                )
        except BaseException:
            self._database.rollback()
            raise
        self._database.commit()

    def rows(self) -> list[Row]:
        """Return the funnel by hour and type."""
        rows = self._database.execute(_FUNNEL).fetchall()
        return [Row(kind, f"{hour:%Y-%m-%d %H}:00", *counts) for kind, hour, *counts in rows]

    def _apply(self, changes: Iterable[Change]) -> None:
        facts: dict[str, Facts] = {}
        for change in changes:
            if isinstance(change, Facts):
                earlier = facts.get(change.id)
                facts[change.id] = change if earlier is None else earlier.merged_with(change)
                continue
            # A sweep or an erasure applies to all facts before it, so write those first.
            self._upsert(facts)
            facts = {}
            if isinstance(change, Sweep):
                self._sweep(change)
            else:
                self._erase(change)
        self._upsert(facts)

    def _upsert(self, facts: Mapping[str, Facts]) -> None:
        if facts:
            batch = json.dumps([asdict(notification) for notification in facts.values()])
            self._database.execute(_UPSERT, [batch])

    def _sweep(self, sweep: Sweep) -> None:
        parameters = {"at": sweep.at.rstrip("Z"), "user": sweep.user_id, "up_to": sweep.up_to}
        self._database.execute(_SWEEP_READ if sweep.is_read else _SWEEP_SEEN, parameters)

    def _erase(self, erasure: Erasure) -> None:
        parameters = [erasure.user_id, erasure.up_to]
        self._database.execute(
            "delete from notifications where user_id = ? and id <= ?", parameters
        )
        self._database.execute(
            "insert into erasures values (?, ?) on conflict (user_id) do update "
            "set up_to = greatest(up_to, excluded.up_to)",
            parameters,
        )
