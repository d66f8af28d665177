"""A short run of the record fuzzer. `make campaign` runs it for longer."""

from collections.abc import Iterator

from tests.fuzz.limits import Limits
from tests.fuzz.record_fuzzer import fuzz
from tests.services.parts import Services

_INPUTS = 60


async def test_no_record_batch_ends_or_stalls_an_instance(
    services: Services, ports: Iterator[int]
) -> None:
    outcome = await fuzz(services, ports, Limits(_INPUTS, seconds=60), seed=0)
    assert outcome.problems == []
    assert outcome.inputs == _INPUTS
    assert outcome.refused < _INPUTS
    assert outcome.computed == []
