"""Holds malformed conversations with a real delivery instance, and watches it."""

import asyncio
import time
from collections.abc import Iterator

from tests.fuzz.conversing import converse
from tests.fuzz.limits import Limits, Outcome
from tests.fuzz.malformed_frames import conversation_of
from tests.fuzz.turn_watch import WATCHED
from tests.services.env import discard, program_env
from tests.services.parts import Services
from tests.services.program import ForkedProgram, Program, running
from tests.services.shopper import Shopper, connected
from tests.services.waiting import eventually
from tests.services.world import World

#: How many conversations run at a time, and how many rounds of them before each check.
_AT_ONCE, _ROUNDS = 10, 20
_LAST_LINES = 20
#: The most warnings and errors between two checks. Hostile clients can cause some, but the instance
#: samples its log.
_MAX_LINES_A_CHECK = 100


async def fuzz(services: Services, ports: Iterator[int], limits: Limits, seed: int) -> Outcome:
    """Hold the conversations with the seeds from `seed` on, with an instance of their own."""
    env = program_env(services, ports)
    delivery = ForkedProgram(WATCHED, f"http://127.0.0.1:{env['DELIVERY_PORT']}", env)
    outcome = Outcome("frames", seed)
    try:
        async with World.opened(env) as world, running(delivery):
            limits.begun_at = begun_at = time.monotonic()
            await fuzz_instance(delivery, world, limits, outcome)
            outcome.seconds = time.monotonic() - begun_at
    except Exception as error:  # noqa: BLE001 - the table reports it, with the seed
        outcome.problems.append("\n".join((repr(error), *delivery.lines[-_LAST_LINES:])))
    finally:
        await discard(env)
    return outcome


async def fuzz_instance(
    delivery: Program, world: World, limits: Limits, outcome: Outcome, bystander: str = "bystander"
) -> None:
    """Hold conversations with this instance, and note its problems in the outcome."""
    shopper = Shopper(bystander, delivery.url)
    async with connected(shopper):
        while limits.allows(outcome.inputs) and not outcome.problems:
            earlier = len(delivery.lines)
            for _ in range(_ROUNDS):
                if not limits.allows(outcome.inputs):
                    break
                seeds = range(outcome.seed + outcome.inputs, limits.inputs + outcome.seed)[
                    :_AT_ONCE
                ]
                answers = [converse(delivery.url, conversation_of(each)) for each in seeds]
                answered = await asyncio.gather(*answers)
                outcome.inputs += len(answered)
                outcome.refused += answered.count(False)
                outcome.note_late(delivery.events)
            await _check(delivery, world, shopper, outcome, earlier)


async def _check(
    delivery: Program, world: World, shopper: Shopper, outcome: Outcome, earlier: int
) -> None:
    """Check that the instance lives, pushes, keeps no connections, and logs few errors.

    Notes tracebacks and lines that are not JSON as problems.
    """
    if not delivery.running:
        outcome.problems.append(f"died: {await delivery.ending()}")
        return
    (created,) = await world.create(shopper.user)
    await shopper.until(lambda: created in shopper.acked)

    async def only_the_bystander_is_left() -> bool:
        return await delivery.metric("delivery_connections") == 1

    await eventually(only_the_bystander_is_left)
    lines = delivery.lines[earlier:]
    odd = [line for line in lines if "Traceback" in line or not line.startswith("{")]
    outcome.problems += [line[:3_000] for line in odd[:3]]
    loud = [line for line in lines if '"level":"info"' not in line]
    if len(loud) > _MAX_LINES_A_CHECK:
        outcome.problems.append(f"{len(loud)} lines, such as {loud[-1][:500]}")
