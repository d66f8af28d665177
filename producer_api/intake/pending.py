"""One request on its way, and what becomes of each notification it wants."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from producer_api.idempotency.core.keys import Key
from producer_api.intake.outcomes import CreateFailedError, Outcome, Wanted


@dataclass(slots=True, eq=False)
class Pending:
    """One caller's request: it is written as a whole, though what MongoDB refuses of it fails
    alone. `answer` has an outcome for each wanted notification, in order, or fails for all of
    them; a caller that waits no more cancels it.
    """

    wanted: Sequence[Wanted]
    traceparent: str | None = None
    key: Key | None = None
    answer: asyncio.Future[list[Outcome]] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    sealed: bool = False
    """Whether it belongs to a batch, and so may be written whatever its caller does."""
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    """What became of those, by position, of which it is known already."""

    def succeed(self) -> None:
        """Give the caller the outcomes, which are all known; nobody need be waiting any more."""
        if not self.answer.done():
            self.answer.set_result([self.outcomes[index] for index in range(len(self.wanted))])

    def fail(self, error: CreateFailedError) -> None:
        """Tell the caller that all of it failed; nobody need be waiting any more."""
        if not self.answer.done():
            self.answer.set_exception(error)
