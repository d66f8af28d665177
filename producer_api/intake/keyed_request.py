"""A request with an idempotency key: its key, and the stored entry about it."""

from dataclasses import dataclass

from producer_api.intake.outcomes import CreateFailedError


@dataclass(frozen=True, slots=True)
class RequestKey:
    """Identifies a request of one service. Both parts are hashes, so neither can be read back."""

    id: str
    """Hash of the service and its idempotency key."""
    fingerprint: str
    """Hash of the route and the body, which tells different requests apart."""


@dataclass(frozen=True, slots=True)
class StoredRequest:
    """What became of the first request of a key."""

    fingerprint: str | None
    """None if one of its users was erased, because it hashes their data. Then any body matches."""
    intent_id: str
    items: list[str | CreateFailedError]
    """For each item of the request, the notification's id, or why it was not created."""

    @property
    def ids(self) -> list[str]:
        """The ids of the notifications that the request created."""
        return [item for item in self.items if isinstance(item, str)]
