"""Produces malformed batches for a delivery instance and an away process, and watches both."""

import time
from collections.abc import AsyncIterator, Iterator
from functools import partial

from aiokafka.client import AIOKafkaClient

from producer_api.contract.events import EventType, headers
from producer_api.contract.notification import public_json, rfc3339
from tests.fuzz.batches import BatchRefusedError, RawRecord, produce
from tests.fuzz.limits import Limits, Outcome
from tests.fuzz.malformed_batches import batch_of
from tests.fuzz.turn_watch import WATCHED
from tests.services.env import discard, program_env
from tests.services.parts import Services
from tests.services.program import ForkedProgram, Program, running
from tests.services.push_service import PRIVATE_KEY
from tests.services.shopper import Shopper, connected
from tests.services.waiting import eventually
from tests.services.world import World

#: After this many inputs, the instance must have settled everything, and push as usual.
_ROUND = 500
_SETTLED_WITHIN_SECONDS = 120.0
_LAST_LINES = 20
#: Of this many inputs, one also goes to the receipts topic, which the away process reads.
_RECEIPTS_EACH = 5


async def fuzz(services: Services, ports: Iterator[int], limits: Limits, seed: int) -> Outcome:
    """Try batches with the seeds from `seed` on, on a topic and an instance of their own."""
    env = program_env(services, ports)
    delivery = ForkedProgram(WATCHED, f"http://127.0.0.1:{env['DELIVERY_PORT']}", env)
    away = _away(env, next(ports))
    outcome = Outcome("record batches", seed)
    client = AIOKafkaClient(bootstrap_servers=env["KAFKA_BOOTSTRAP_SERVERS"])
    try:
        await client.bootstrap()
        async with World.opened(env) as world:
            users = [world.users_of_partition(number, 2) for number in range(3)]
            bystanders = [Shopper(pair[1], delivery.url) for pair in users]
            async with running(delivery, away), connected(*bystanders):
                limits.begun_at = begun_at = time.monotonic()
                targets = [pair[0] for pair in users]
                while limits.allows(outcome.inputs) and not outcome.problems:
                    async for _ in _inputs(world, client, targets, limits, outcome):
                        outcome.note_late(delivery.events)
                    await _check(world, delivery, bystanders, outcome)
                    await _check_away(world, away, outcome)
                outcome.seconds = time.monotonic() - begun_at
    except Exception as error:  # noqa: BLE001 - the table reports it, with the seed
        last = *delivery.lines[-_LAST_LINES:], *away.lines[-_LAST_LINES:]
        outcome.problems.append("\n".join((repr(error), *last)))
    finally:
        await client.close()
        await discard(env)
    return outcome


def _away(env: dict[str, str], port: int) -> Program:
    """Return an away process. It works on entries, but calls nobody: no browser has subscribed."""
    ours = {
        "AWAY_PORT": str(port),
        "AWAY_GROUP_ID": f"{env['KAFKA_GROUP_ID']}-away",
        "AWAY_AFTER_SECONDS": "0.5",
        "AWAY_VAPID_PRIVATE_KEY": PRIVATE_KEY,
        "AWAY_VAPID_SUBJECT": "mailto:ops@shop.example",
    }
    return ForkedProgram("delivery.away", f"http://127.0.0.1:{port}", env | ours)


async def _inputs(
    world: World, client: AIOKafkaClient, users: list[str], limits: Limits, outcome: Outcome
) -> AsyncIterator[None]:
    topic, receipt_topic = world.settings.kafka_topic, world.settings.receipt_topic
    for _ in range(_ROUND):
        if not limits.allows(outcome.inputs):
            return
        partition = outcome.inputs % len(users)
        good = await _readable(world, users[partition])
        _, batch = batch_of(outcome.seed + outcome.inputs, good)
        outcome.inputs += 1
        try:
            await produce(client, topic, partition, batch)
            if not outcome.inputs % _RECEIPTS_EACH:
                await produce(client, receipt_topic, partition, batch)
        except BatchRefusedError:
            outcome.refused += 1
        yield


async def _readable(world: World, user: str) -> RawRecord:
    """Return the record of a new notification, as the producer API would write it."""
    document = world.document(user)
    value = public_json(document)
    at = rfc3339(document["created_at"]) or ""
    fields = headers(document["_id"], EventType.CREATED, "/fuzz", at)
    return RawRecord(user.encode(), value, [(name.encode(), text) for name, text in fields])


async def _check(
    world: World, delivery: Program, bystanders: list[Shopper], outcome: Outcome
) -> None:
    """Check that the instance lives, has settled everything, and pushes."""
    ends = await world.ends()
    for shopper in bystanders:
        (created,) = await world.create(shopper.user)
        try:
            await shopper.until(partial(_has, shopper, created))
        except TimeoutError:
            outcome.problems.append(f"{shopper.user} got nothing: ends {ends}")

    async def is_settled() -> bool:
        committed = await world.committed()
        return all(committed[n].offset >= end for n, end in ends.items() if n in committed)

    try:
        await eventually(is_settled, within=_SETTLED_WITHIN_SECONDS)
    except TimeoutError:
        at = {number: offset.offset for number, offset in (await world.committed()).items()}
        outcome.problems.append(f"not settled: committed {at}, ends {ends}")
    if not delivery.running:
        outcome.problems.append(f"died: {await delivery.ending()}")
    outcome.problems += _tracebacks(delivery)
    outcome.note_late(delivery.events)


async def _check_away(world: World, away: Program, outcome: Outcome) -> None:
    """Check that the away process lives, and has read all that is on the topic now."""
    topic, ends = world.settings.kafka_topic, await world.ends()
    for user in (world.users_of_partition(number, 1)[0] for number in ends):
        await world.create(user)

    async def has_read() -> bool:
        committed = await world.admin.list_consumer_group_offsets(f"{world.group}-away")
        at = {tuple(place): each.offset for place, each in committed.items()}
        return all(at.get((topic, number), 0) >= end for number, end in ends.items())

    try:
        await eventually(has_read, within=_SETTLED_WITHIN_SECONDS)
    except TimeoutError:
        outcome.problems.append(f"the away process has not read up to {ends}")
    if not away.running:
        outcome.problems.append(f"the away process died: {await away.ending()}")
    outcome.problems += _tracebacks(away)


def _tracebacks(program: Program) -> list[str]:
    found = [line for line in program.lines if "Traceback" in line or not line.startswith("{")]
    stopped = [event for event in program.events if event["event"].endswith("partition stopped")]
    return [line[:2_000] for line in found[:3]] + [repr(event) for event in stopped[:3]]


def _has(shopper: Shopper, notification_id: str) -> bool:
    return notification_id in shopper.acked
