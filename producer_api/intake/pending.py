"""One request on its way through intake."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from producer_api.intake.keyed_request import RequestKey
from producer_api.intake.outcomes import CreateFailedError, CreateOutcome, Wanted


@dataclass(slots=True, eq=False)
class PendingRequest:
    """One caller's request. It is written as a whole, but what MongoDB refuses of it fails alone.

    `answer` gets an outcome for each wanted notification, in order, or fails for all of them. A
    caller that stops waiting cancels it.
    """

    wanted: Sequence[Wanted]
    traceparent: str | None = None
    key: RequestKey | None = None
    answer: asyncio.Future[list[CreateOutcome]] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    sealed: bool = False
    """Whether it belongs to a batch, and so may be written even if its caller stops waiting."""
    outcomes: dict[int, CreateOutcome] = field(default_factory=dict)
    """The outcomes that are known already, by position."""

    def succeed(self) -> None:
        """Give the caller, if it still waits, the outcomes. All of them must be known."""
        if not self.answer.done():
            self.answer.set_result([self.outcomes[index] for index in range(len(self.wanted))])

    def fail(self, error: CreateFailedError) -> None:
        """Tell the caller, if it still waits, that the whole request failed."""
        if not self.answer.done():
            self.answer.set_exception(error)
