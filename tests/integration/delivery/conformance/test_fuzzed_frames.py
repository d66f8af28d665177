"""Malformed conversations do no harm. `python -m tests.campaign frames` tries many more."""

from tests.fuzz.frame_fuzzer import fuzz_instance
from tests.fuzz.limits import Limits, Outcome
from tests.services.program import Program
from tests.services.world import World

_INPUTS, _SECONDS, _SEED = 300, 8.0, 1


async def test_malformed_conversations_do_no_harm(
    impatient: Program, impatient_world: World, user: str
) -> None:
    # Use the instance with a fast heartbeat. The other one would take long to notice that many of
    # these clients are gone.
    outcome = Outcome("frames", _SEED)
    await fuzz_instance(impatient, impatient_world, Limits(_INPUTS, _SECONDS), outcome, user)
    assert outcome.problems == []
    assert outcome.inputs > _INPUTS / 20
