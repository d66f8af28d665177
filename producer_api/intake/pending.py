"""A request that intake has not answered yet."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from producer_api.intake.keyed_request import RequestKey
from producer_api.intake.outcomes import CreateFailedError, CreateOutcome, RequestItem


@dataclass(slots=True, eq=False)
class PendingRequest:
    """One caller's request. It is written as a whole, but an item that MongoDB refuses fails alone.

    `answer` gets the outcome of each item, in order, or one error for the whole request. A caller
    that stops waiting cancels `answer`.
    """

    items: Sequence[RequestItem]
    traceparent: str | None = None
    key: RequestKey | None = None
    answer: asyncio.Future[list[CreateOutcome]] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    may_be_written: bool = False
    """Whether its batch has begun its transaction. From then on, the request may be written even if
    its caller stops waiting."""
    outcomes: dict[int, CreateOutcome] = field(default_factory=dict)
    """The outcomes so far, by position."""

    def succeed(self) -> None:
        """Give the outcomes to the caller, if it is still waiting. Each item must have one."""
        if not self.answer.done():
            self.answer.set_result([self.outcomes[index] for index in range(len(self.items))])

    def fail(self, error: CreateFailedError) -> None:
        """Fail the whole request with this error, if the caller is still waiting."""
        if not self.answer.done():
            self.answer.set_exception(error)
