"""What the console cannot see at present, as codes for programs and as sentences for people."""

from collections.abc import Collection
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from producer_api.contract.notification import rfc3339


class Code(StrEnum):
    """The kinds of troubles. The page has a text for each, in its languages."""

    TOPICS_UNREAD = "topics.unread"
    KAFKA_SILENT = "kafka.silent"
    API_SILENT = "api.silent"
    API_REFUSES = "api.refuses"
    INSTANCE_CLOSED = "instance.closed"
    INSTANCE_SILENT = "instance.silent"
    INSTANCE_WITHOUT_STATUS = "instance.without_status"


_WORDS = {
    Code.TOPICS_UNREAD: "are not read",
    Code.KAFKA_SILENT: "does not answer",
    Code.API_SILENT: "does not answer",
    Code.API_REFUSES: "does not answer as expected",
    Code.INSTANCE_CLOSED: "takes no connections",
    Code.INSTANCE_SILENT: "does not answer in time",
    Code.INSTANCE_WITHOUT_STATUS: "does not say at /status what its partitions wait for",
}


class _Trouble(NamedTuple):
    code: Code
    detail: str
    since: datetime


class Troubles:
    """Owns one trouble for each part that cannot be reached."""

    def __init__(self) -> None:
        self._by_part: dict[str, _Trouble] = {}

    def begin(self, part: str, code: Code, detail: str = "") -> None:
        """Note what is wrong with a part, such as `Kafka`, and the cause if it is known."""
        before = self._by_part.get(part)
        since = datetime.now(UTC) if before is None else before.since
        self._by_part[part] = _Trouble(code, detail, since)

    def end(self, part: str) -> None:
        """Note that this part works again."""
        self._by_part.pop(part, None)

    def keep_only_urls(self, urls: Collection[str]) -> None:
        """End the troubles of all instances except these."""
        for part in [part for part in self._by_part if "://" in part and part not in urls]:
            self.end(part)

    def all(self) -> list[str]:
        """Return a sentence for each trouble, with the time when it began."""
        return [
            f"{part} {_WORDS[code]}{detail and f': {detail}'} (since {rfc3339(since)})"
            for part, (code, detail, since) in sorted(self._by_part.items())
        ]

    def coded(self) -> list[dict[str, str | None]]:
        """Return the troubles as codes for programs, in the same order as `all`."""
        return [
            {"code": code.value, "part": part, "detail": detail, "since": rfc3339(since)}
            for part, (code, detail, since) in sorted(self._by_part.items())
        ]
