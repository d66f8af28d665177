"""An intent: what one batch of creates, or one change, has to publish."""

from dataclasses import dataclass, field

from producer_api.outbox.records import Notice, TopicRecord


@dataclass(frozen=True, slots=True)
class Intent:
    """The records to publish, in the order of the log."""

    id: str
    ids: list[str] = field(default_factory=list)
    """Ids of created notifications. The relay makes the records from the stored notifications."""
    records: list[TopicRecord] = field(default_factory=list)
    """Complete records of changes."""
    notices: dict[str, Notice] = field(default_factory=dict)
    """The notices in the records of created notifications, by notification id."""

    @property
    def size(self) -> int:
        """The number of records."""
        return len(self.ids) + len(self.records)
