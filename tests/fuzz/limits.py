"""How long a fuzzer runs, and what it found."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.fuzz.turn_watch import LATE_SECONDS, LOOP_HELD


@dataclass(slots=True)
class Limits:
    """Ends a run after a number of inputs or seconds, whichever comes first."""

    inputs: int
    seconds: float
    begun_at: float = field(default_factory=time.monotonic)

    def allows(self, inputs: int) -> bool:
        """Return whether another input may be tried after this number of inputs."""
        return inputs < self.inputs and time.monotonic() - self.begun_at < self.seconds


class LateTurn(NamedTuple):
    """A turn of an event loop of 100 ms or more. See `TurnWatch` for the times, in milliseconds."""

    wall: int
    held: int
    cpu: int
    seed: int
    """The newest input that had been sent when it was noticed. An earlier one may be its cause."""


@dataclass(slots=True)
class Outcome:
    """What a run found. `problems` is empty if everything held."""

    fuzzer: str
    seed: int
    inputs: int = 0
    refused: int = 0
    """Inputs that never reached the instance, because a broker or a server refused them."""
    seconds: float = 0.0
    late: list[LateTurn] = field(default_factory=list)
    """The late turns of the instance's event loop, by wall-clock time."""
    problems: list[str] = field(default_factory=list)
    _seen: int = 0

    @property
    def held(self) -> list[LateTurn]:
        """The turns that were late because of the instance, not because no processor was free."""
        return [turn for turn in self.late if turn.held >= LATE_SECONDS * 1000]

    @property
    def computed(self) -> list[LateTurn]:
        """The turns that computed for too long."""
        return [turn for turn in self.late if turn.cpu >= LATE_SECONDS * 1000]

    def note_late(self, events: Sequence[dict[str, Any]]) -> None:
        """Note the late turns in what the watched instance has logged so far."""
        newest = self.seed + max(0, self.inputs - 1)
        for event in events[self._seen :]:
            if event["event"] == LOOP_HELD:
                wall, held, cpu = (event[f"{name}_ms"] for name in ("wall", "held", "cpu"))
                self.late.append(LateTurn(wall, held, cpu, newest))
        self._seen = len(events)
