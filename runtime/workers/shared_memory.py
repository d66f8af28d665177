"""Memory that the parent and all workers of a program share."""

import mmap
import os
from typing import Self

_WORD_BYTES = 8


class SharedMemory:
    """Owns one mapping of the memory, which exists until the last process that maps it ends.

    It consists of words of 64 bits. Each word has one writer. Reads and writes of a word are
    atomic, because it is aligned. So no process needs a lock, and a killed one cannot leave a lock
    behind.
    """

    def __init__(self, descriptor: int, workers: int) -> None:
        self.descriptor = descriptor
        size = os.fstat(descriptor).st_size
        words = memoryview(mmap.mmap(descriptor, size)).cast("Q")
        self.connections = words[:workers]
        """How many connections each worker has open. Each worker writes its own number."""
        self.beats = words[workers : 2 * workers]
        """When each worker last wrote its number, by the monotonic clock in nanoseconds."""
        self.program = words[2 * workers :]
        """The words that the program may use. All are zero at first."""

    @classmethod
    def new(cls, workers: int, program_words: int) -> Self:
        """Return new memory. Pages that nobody writes or reads take no space."""
        descriptor = os.memfd_create("workers")
        os.ftruncate(descriptor, (2 * workers + program_words) * _WORD_BYTES)
        return cls(descriptor, workers)
