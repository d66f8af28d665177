"""The group's commits, indexed: which records the offsets and their maps report as settled."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from tests.auditor.facts import Commit, Record
from tests.auditor.settled_map import BadMapError, settled_offsets


@dataclass(frozen=True)
class CommitEvidence:
    """Indexes over the commits. Each index is built when it is first used."""

    commits: Sequence[Commit]

    @cached_property
    def committed(self) -> dict[int, int]:
        """The committed offset of each partition that has one."""
        return {commit.partition: commit.offset for commit in self.commits}

    @cached_property
    def _maps(self) -> tuple[dict[int, list[int]], dict[int, str]]:
        offsets: dict[int, list[int]] = {}
        bad: dict[int, str] = {}
        for commit in self.commits:
            try:
                offsets[commit.partition] = settled_offsets(commit.metadata, commit.offset)
            except BadMapError as error:
                bad[commit.partition] = str(error)
        return offsets, bad

    @property
    def marked(self) -> dict[int, list[int]]:
        """The offsets that the map marks as settled beyond the committed one, by partition."""
        return self._maps[0]

    @property
    def bad_maps(self) -> dict[int, str]:
        """Why the map cannot be decoded, by partition."""
        return self._maps[1]

    @cached_property
    def _marked_places(self) -> set[tuple[int, int]]:
        return {(number, offset) for number, offsets in self.marked.items() for offset in offsets}

    def is_marked(self, record: Record) -> bool:
        """Return whether a map marks this record as settled."""
        return (record.partition, record.offset) in self._marked_places

    def is_settled(self, record: Record) -> bool:
        """Return whether the committed offset has passed the record, or the map marks it."""
        passed = record.offset < self.committed.get(record.partition, 0)
        return passed or self.is_marked(record)
