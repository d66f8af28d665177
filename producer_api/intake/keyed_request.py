"""A request with an idempotency key: what identifies it, and what is stored about it."""

from dataclasses import dataclass

from producer_api.intake.outcomes import CreateFailedError


@dataclass(frozen=True, slots=True)
class RequestKey:
    """Identifies a request of one service. Both parts are hashes, so neither can be read back."""

    id: str
    """Of the service and its idempotency key."""
    fingerprint: str
    """Of the route and the body: requests that differ have different fingerprints."""


@dataclass(frozen=True, slots=True)
class StoredRequest:
    """What became of the first request of a key."""

    fingerprint: str | None
    """None once one of its users was erased, because it hashes their data. Any body matches it."""
    intent_id: str
    items: list[str | CreateFailedError]
    """For each wanted notification its id, or why it was not created."""

    @property
    def ids(self) -> list[str]:
        """The notifications that the request created."""
        return [item for item in self.items if isinstance(item, str)]
