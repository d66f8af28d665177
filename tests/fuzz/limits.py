"""How long a fuzzer runs, and what came of it."""

import time
from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Limits:
    """Ends a run after so many inputs or seconds, whichever comes first."""

    inputs: int
    seconds: float
    begun_at: float = field(default_factory=time.monotonic)

    def allows(self, inputs: int) -> bool:
        """Return whether another input may be tried after this number of inputs."""
        return inputs < self.inputs and time.monotonic() - self.begun_at < self.seconds


@dataclass(slots=True)
class Outcome:
    """What a run found. `problems` is empty if everything held."""

    fuzzer: str
    seed: int
    inputs: int = 0
    refused: int = 0
    """Inputs that never reached the instance, because a broker or a server refused them."""
    seconds: float = 0.0
    late_turns: Counter[str] = field(default_factory=Counter)
    """Turns of the instance's event loop that were late, by the least number of seconds."""
    problems: list[str] = field(default_factory=list)
