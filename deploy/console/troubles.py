"""What the console itself cannot see at present, in words."""

from collections.abc import Collection
from datetime import UTC, datetime

from producer_api.contract.notification import rfc3339


class Troubles:
    """Owns one sentence for each part that cannot be reached."""

    def __init__(self) -> None:
        self._words: dict[str, str] = {}
        self._since: dict[str, datetime] = {}

    def begin(self, part: str, words: str) -> None:
        """Note a trouble; `words` complete a sentence that begins with the part's name."""
        self._since.setdefault(part, datetime.now(UTC))
        self._words[part] = words

    def end(self, part: str) -> None:
        """Note that there is no trouble with this part any more."""
        self._words.pop(part, None)
        self._since.pop(part, None)

    def keep_only_urls(self, urls: Collection[str]) -> None:
        """End the troubles with all instances but these."""
        for part in [part for part in self._words if "://" in part and part not in urls]:
            self.end(part)

    def all(self) -> list[str]:
        """Return the sentences, each with the time when the trouble began."""
        return [
            f"{part} {words} (since {rfc3339(self._since[part])})"
            for part, words in sorted(self._words.items())
        ]
