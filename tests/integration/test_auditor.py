"""The auditor on real runs: it finds nothing in clean ones, and finds tampering."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from operator import itemgetter
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, TopicPartition

from tests.auditor.audit import Sources, audit, audit_at_end, gather
from tests.auditor.commit_sampler import CommitSampler, sampled
from tests.auditor.errors import CannotAuditError
from tests.auditor.evidence import Evidence
from tests.auditor.facts import Rules
from tests.auditor.logs import AcceptedLog
from tests.auditor.read_logs import read_samples
from tests.auditor.verdict import Fate, Kind
from tests.faults.proxy import KafkaLink
from tests.integration.delivery.instances import all_live
from tests.services.http import http_client
from tests.services.parts import Services
from tests.services.program import Program, running
from tests.services.shopper import Shopper, connected
from tests.services.tokens import service_token
from tests.services.waiting import eventually
from tests.services.world import World

COMPLETE = Rules(complete=True)


@pytest_asyncio.fixture
async def world(stack_env: dict[str, str]) -> AsyncIterator[World]:
    """The topic, the inbox and the group of one test."""
    async with World.opened(stack_env) as opened:
        yield opened


@pytest.fixture
def clients(tmp_path: Path) -> Path:
    """The folder of the clients' logs."""
    return tmp_path / "clients"


@pytest.fixture
def sources(stack_env: dict[str, str], clients: Path, tmp_path: Path) -> Sources:
    """The sources that the auditor reads, including the samples of committed offsets."""
    (samples := tmp_path / "samples.jsonl").touch()
    return Sources.of(stack_env, clients=clients, samples=samples)


@pytest.fixture
def sampler(sources: Sources) -> CommitSampler:
    """The sampler of committed offsets. Start it with `async with sampled(sampler):`."""
    return CommitSampler(sources)


# ── clean runs of delivery ────────────────────────────────────────────────────────


async def test_a_run_with_every_outcome_is_clean(
    world: World, delivery: Program, sources: Sources, sampler: CommitSampler, clients: Path
) -> None:
    ana, tab, berto = (
        Shopper(name, delivery.url, log=clients / f"{name}.jsonl")
        for name in ("ana", "ana", "berto")
    )
    async with running(delivery), sampled(sampler), connected(ana, tab, berto):
        created = await world.create("ana", 120)
        bertos = await world.create("berto", 30)
        await world.create("carla", 7)
        await world.create("berto", expires_at=world.document("berto")["created_at"])
        await world.producer.send_and_wait(world.settings.kafka_topic, b"{", b"ana")
        await ana.until(lambda: ana.acked == created)
        await berto.until(lambda: len(berto.acked) == 30)
        await world.all_delivered(created + bertos)
        await world.all_committed()
        verdict = await audit_at_end(sources, COMPLETE)
    verdict.assert_clean(max_duplicates=0)
    counts = verdict.counts
    assert counts.fates == {
        Fate.ACKED: 150,
        Fate.PARKED: 7,
        Fate.EXPIRED: 1,
        Fate.DEAD_LETTERED: 1,
    }
    assert (counts.settled, counts.unsettled) == (159, 0)
    assert (counts.clients, counts.connections, counts.delivered) == (3, 3, 150)
    assert counts.samples > 0


async def test_the_auditor_reads_the_settled_map_in_the_commit(
    world: World,
    delivery: Program,
    sources: Sources,
    sampler: CommitSampler,
    clients: Path,
    stack_env: dict[str, str],
) -> None:
    stack_env["DELIVERY_ACK_TIMEOUT_SECONDS"] = "120"  # no second push during the test
    waiting, neighbour = world.users_of_partition(0, 2)
    silent = Shopper(waiting, delivery.url, acking=False, log=clients / "silent.jsonl")
    quick = Shopper(neighbour, delivery.url, log=clients / "quick.jsonl")
    async with running(delivery), sampled(sampler), connected(silent, quick):
        await all_live(2, delivery)
        await world.create(neighbour, 3)
        await world.create(waiting)
        behind = await world.create(neighbour, 70)
        await quick.until(lambda: len(quick.acked) == 73)

        async def whole_map() -> bool:
            return (await audit(sources)).counts.settled_by_map == len(behind)

        await eventually(whole_map)
        commits = Evidence(await gather(sources), Rules()).commits
        assert commits.committed[0] == 3
        assert commits.marked[0] == list(range(4, 74))
        verdict = await audit_at_end(sources, COMPLETE)
        verdict.assert_clean(max_duplicates=0)
        assert verdict.counts.unsettled == 1
        silent.start_acking()
        await world.all_committed()
        (await audit_at_end(sources, COMPLETE)).assert_clean(max_duplicates=0)


async def test_a_crash_causes_repeats_and_breaks_no_guarantee(
    world: World, delivery: Program, sources: Sources, sampler: CommitSampler, clients: Path
) -> None:
    silent = Shopper("ana", delivery.url, acking=False, log=clients / "a.jsonl", client="phone")
    async with running(delivery), sampled(sampler):
        async with connected(silent):
            created = await world.create("ana", 5)
            await silent.has(1)
            await delivery.kill()
        await delivery.start()
        back = Shopper("ana", delivery.url, log=clients / "b.jsonl", client="phone")
        async with connected(back):
            await back.until(lambda: set(back.acked) == set(created))
            await world.all_delivered(created)
            await world.all_committed()
            verdict = await audit_at_end(sources, COMPLETE)
    verdict.assert_clean(max_duplicates=len(silent.received))
    assert verdict.counts.duplicates == len(silent.received)
    assert verdict.counts.duplicates_of_acked == 0
    assert (verdict.counts.clients, verdict.counts.connections) == (1, 2)


async def test_under_hold_no_offset_passes_without_an_ack(
    world: World,
    delivery: Program,
    sources: Sources,
    sampler: CommitSampler,
    clients: Path,
    stack_env: dict[str, str],
) -> None:
    stack_env["DELIVERY_OFFLINE_POLICY"] = "hold"
    ana = Shopper("ana", delivery.url, log=clients / "ana.jsonl")
    async with running(delivery), sampled(sampler), connected(ana):
        created = await world.create("ana", 20)
        await world.create("berto")
        await ana.until(lambda: ana.acked == created)

        async def all_of_ana_settled() -> bool:
            return (await audit(sources)).counts.fates == {Fate.ACKED: 20}

        await eventually(all_of_ana_settled)
        verdict = await audit_at_end(sources, Rules(complete=True, hold=True))
        verdict.assert_clean(max_duplicates=0)
        assert verdict.counts.unsettled == 1
        await delivery.stop()
    held = next(record for record in (await gather(sources)).records if record.user == "berto")
    await _commit(world, held.partition, held.offset + 1)
    assert (await audit(sources, Rules(hold=True))).kinds == {Kind.PARKED_UNDER_HOLD}


async def test_a_run_from_the_request_to_the_client_is_clean(
    producer_api: Program,
    delivery: Program,
    stack_env: dict[str, str],
    clients: Path,
    tmp_path: Path,
) -> None:
    accepted = AcceptedLog(tmp_path / "accepted.jsonl")
    ana = Shopper("ana", delivery.url, log=clients / "ana.jsonl")
    sources = Sources.of(stack_env, clients=clients, accepted=tmp_path / "accepted.jsonl")
    async with running(producer_api, delivery), connected(ana):
        async with http_client(producer_api.url) as orders:
            posts = [_post(orders, accepted, user) for user in ("ana", "berto") * 10]
            await asyncio.gather(*posts)
        await ana.until(lambda: len(ana.acked) == 10)

        async def all_settled() -> bool:
            verdict = await audit(sources, COMPLETE)
            return verdict.clean and verdict.counts.settled == 20

        await eventually(all_settled)
        verdict = await audit_at_end(sources, COMPLETE)
        verdict.assert_clean(max_duplicates=0)
        assert verdict.counts.accepted == 20
        accepted.note(str(ana.received[0]).replace("7", "8", 1), "ana")
        assert (await audit(sources)).kinds >= {Kind.MISSING_FROM_TOPIC, Kind.MISSING_FROM_INBOX}


# ── tampering with the data of a run ───────────────────────────────────────────


async def test_delivered_at_set_by_hand_is_found(
    world: World, delivery: Program, sources: Sources, clients: Path
) -> None:
    async with _audited_run(world, delivery, sources, clients) as owed:
        now = world.document("berto")["created_at"]
        await world.inbox.update_one({"_id": owed}, {"$set": {"delivered_at": now}})
        verdict = await audit(sources)
    assert verdict.kinds == {Kind.DELIVERED_WITHOUT_ACK, Kind.SETTLED_WITHOUT_REASON}
    assert owed in verdict.of(Kind.DELIVERED_WITHOUT_ACK)[0].place


async def test_a_deleted_document_is_found(
    world: World, delivery: Program, sources: Sources, clients: Path
) -> None:
    async with _audited_run(world, delivery, sources, clients) as owed:
        await world.inbox.delete_one({"_id": owed})
        verdict = await audit(sources)
    assert verdict.kinds == {Kind.MISSING_FROM_INBOX, Kind.SETTLED_WITHOUT_REASON}
    assert owed in verdict.of(Kind.MISSING_FROM_INBOX)[0].place


async def test_an_offset_committed_past_an_unsettled_record_is_found(
    world: World, delivery: Program, sources: Sources, clients: Path
) -> None:
    async with _audited_run(world, delivery, sources, clients):
        await delivery.stop()
        poison = await world.producer.send_and_wait(world.settings.kafka_topic, b"{", b"ana")
        assert (await audit(sources)).clean, "an unconsumed record must not be a finding"
        await _commit(world, poison.partition, poison.offset + 1)
        verdict = await audit(sources)
        assert verdict.kinds == {Kind.SETTLED_WITHOUT_REASON}
        place = f"partition {poison.partition} offset {poison.offset}"
        assert [finding.place for finding in verdict.findings] == [place]
        await _commit(world, poison.partition, poison.offset + 2)
        assert Kind.COMMITTED_PAST_END in (await audit(sources)).kinds


async def test_an_offset_that_was_set_back_is_found(
    world: World, delivery: Program, sources: Sources, sampler: CommitSampler, clients: Path
) -> None:
    async with sampled(sampler), _audited_run(world, delivery, sources, clients):
        await delivery.stop()
        facts = await gather(sources)
        number, offset = max(
            ((commit.partition, commit.offset) for commit in facts.commits), key=itemgetter(1)
        )

        async def is_sampled() -> bool:
            samples = (await gather(sources)).samples
            return (number, offset) in [(sample.partition, sample.offset) for sample in samples]

        await eventually(is_sampled)
        await _commit(world, number, offset - 2)
        assert Kind.OFFSET_WENT_BACK in (await audit(sources)).kinds


async def test_a_notification_that_no_client_received_is_found(
    world: World, delivery: Program, sources: Sources, clients: Path
) -> None:
    async with _audited_run(world, delivery, sources, clients):
        await delivery.stop()
        (late,) = await world.create("ana")
        verdict = await audit(sources, Rules(complete=frozenset({"ana"})))
    assert verdict.kinds == {Kind.MISSING_FROM_CLIENT}
    assert late in verdict.findings[0].place


async def test_the_sampler_continues_after_an_outage_of_kafka(
    world: World, sources: Sources, services: Services, ports: Iterator[int]
) -> None:
    link = KafkaLink(next(ports), services.kafka_bootstrap)
    sampler = CommitSampler(replace(sources, bootstrap=link.bootstrap))

    async def are_sampled(*offsets: int) -> bool:
        return [sample.offset for sample in read_samples(sources.samples)] == list(offsets)

    async with link.running(), sampled(sampler):
        await _commit(world, 0, 1)
        await eventually(lambda: are_sampled(1))
        await link.stop()
        await link.start()
        await _commit(world, 0, 2)
        await eventually(lambda: are_sampled(1, 2))


async def test_the_auditor_names_a_source_that_it_cannot_read(
    sources: Sources, clients: Path, world: World
) -> None:
    assert world.group == sources.group
    with pytest.raises(CannotAuditError, match=str(clients)):
        await audit(sources)
    no_logs = replace(sources, clients=(), samples=())
    for unreadable, reason in (
        (replace(no_logs, topic="nowhere"), "nowhere"),
        (replace(no_logs, bootstrap="127.0.0.1:1"), "127.0.0.1:1"),
        (replace(no_logs, mongo_url="mongodb://127.0.0.1:1"), "127.0.0.1:1"),
    ):
        with pytest.raises(CannotAuditError, match=reason):
            await audit(unreadable)


async def _post(orders: httpx.AsyncClient, accepted: AcceptedLog, user: str) -> None:
    answer = await orders.post(
        "/v1/notifications",
        json={"user_id": user, "type": "order.shipped", "title": "Pedido despachado"},
        headers={"Authorization": f"Bearer {service_token()}"},
    )
    assert answer.status_code == 201, answer.text
    accepted.note(answer.json()["id"], user)


async def _commit(world: World, partition: int, offset: int) -> None:
    """Commit an offset for the group, which must have no members."""
    consumer = AIOKafkaConsumer(
        **world.settings.kafka_client_options(), group_id=world.group, enable_auto_commit=False
    )
    topic_partition = TopicPartition(world.settings.kafka_topic, partition)
    await consumer.start()
    try:
        consumer.assign([topic_partition])
        await consumer.commit({topic_partition: offset})
    finally:
        await consumer.stop()


@asynccontextmanager
async def _audited_run(
    world: World, delivery: Program, sources: Sources, clients: Path
) -> AsyncIterator[str]:
    """Run delivery, and check that the run is clean. Yields an id that the inbox owes berto."""
    ana = Shopper("ana", delivery.url, log=clients / "ana.jsonl")
    async with running(delivery), connected(ana):
        created = await world.create("ana", 5)
        (owed,) = await world.create("berto")
        await ana.until(lambda: len(ana.acked) == 5)
        await world.all_delivered(created)
        await world.all_committed()
        (await audit_at_end(sources, COMPLETE)).assert_clean(max_duplicates=0)
        yield owed
