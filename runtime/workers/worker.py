"""What a worker shares with its parent and with the other workers."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from runtime.workers.inherited import Inherited
from runtime.workers.shared_memory import SharedMemory


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker's number, counted from 1, the number of workers, and what they share."""

    number: int
    count: int
    listeners: Sequence[socket.socket]
    memory: SharedMemory
    channel: socket.socket
    """This worker's end of the socket to the parent."""

    @classmethod
    def of(cls, inherited: Inherited) -> Self:
        """Open what the worker has inherited."""
        return cls(
            inherited.number,
            inherited.count,
            [socket.socket(fileno=descriptor) for descriptor in inherited.listeners],
            SharedMemory(inherited.memory, inherited.count),
            socket.socket(fileno=inherited.channel),
        )
