"""What a worker gets from its parent: its number and open file descriptors."""

import json
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Inherited:
    """A worker's number, counted from 1, the number of workers, and file descriptors."""

    number: int
    count: int
    listeners: tuple[int, ...]
    """The listening sockets, which all workers share."""
    channel: int
    """The worker's end of the socket to its parent."""
    lifeline: int
    """The reading end of a pipe. Only the parent has the other end, which closes when it dies."""
    memory: int
    """The memory that the parent and all workers share."""

    @property
    def descriptors(self) -> tuple[int, ...]:
        """All descriptors that the worker needs."""
        return (*self.listeners, self.channel, self.lifeline, self.memory)

    def argument(self) -> str:
        """Return all of it as one argument of the worker's command line."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def parse(cls, argument: str) -> Self:
        """Return what a text made by `argument` contains."""
        fields = json.loads(argument)
        return cls(**{**fields, "listeners": tuple(fields["listeners"])})
