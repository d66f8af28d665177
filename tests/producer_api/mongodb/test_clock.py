"""Which measurements change the correction of a wrong clock.

tests/integration/producer_api/test_clock.py measures with a real MongoDB.
"""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from producer_api.metrics import Metrics
from producer_api.mongodb import clock as module
from producer_api.mongodb.clock import MongoClock

_SECOND_NS = 10**9
_BEGAN_NS = 1_700_000_000 * _SECOND_NS


class _Rig:
    """Stands in for MongoDB and for this host's clocks.

    MongoDB's clock is `ahead_seconds` ahead. MongoDB reads it when this `part` of the time for an
    answer has passed.
    """

    def __init__(self) -> None:
        self.ahead_seconds = 2.0
        self.took_seconds = 0.001
        self.part = 0.5
        self.passed_ns = 0
        self.admin = self

    def local_ns(self) -> int:
        return _BEGAN_NS + self.passed_ns

    def monotonic_ns(self) -> int:
        return self.passed_ns

    async def command(self, _: str) -> dict[str, datetime]:
        read_at = self.local_ns() / _SECOND_NS + self.took_seconds * self.part
        self.passed_ns += int(self.took_seconds * _SECOND_NS)
        return {"localTime": datetime.fromtimestamp(read_at + self.ahead_seconds, UTC)}


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch) -> _Rig:
    rig = _Rig()
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic_ns=rig.monotonic_ns))
    return rig


def _clock(rig: _Rig) -> MongoClock:
    return MongoClock(cast("Any", rig), Metrics(), rig.local_ns)


def _corrected_by(clock: MongoClock, rig: _Rig) -> float:
    return (clock.now_ns() - rig.local_ns()) / _SECOND_NS


@pytest.mark.parametrize("part", [0.0, 0.5, 1.0])
async def test_slow_measurements_of_the_same_clock_keep_its_correction(
    rig: _Rig, part: float
) -> None:
    clock = _clock(rig)
    await clock.prepare()
    corrected_by = _corrected_by(clock, rig)
    assert corrected_by == pytest.approx(2, abs=0.01)
    rig.took_seconds, rig.part = 4.0, part
    for _ in range(3):
        await clock.prepare()
        assert _corrected_by(clock, rig) == corrected_by


@pytest.mark.parametrize(("ahead_seconds", "correction"), [(0.0, 0.0), (0.1, 0.0), (5.0, 5.0)])
async def test_a_measurement_that_disproves_the_correction_changes_it(
    rig: _Rig, ahead_seconds: float, correction: float
) -> None:
    clock = _clock(rig)
    await clock.prepare()
    rig.ahead_seconds = ahead_seconds
    await clock.prepare()
    assert _corrected_by(clock, rig) == pytest.approx(correction, abs=0.01 if correction else 0)


async def test_a_slow_measurement_alone_corrects_nothing(rig: _Rig) -> None:
    rig.took_seconds = 4.0
    clock = _clock(rig)
    await clock.prepare()
    assert _corrected_by(clock, rig) == 0
