"""The key of a request, and what is stored under the key."""

from dataclasses import dataclass, field

from producer_api.intake.outcomes import CreateFailedError


@dataclass(frozen=True, slots=True)
class RequestKey:
    """The idempotency key of a service's request. Has only hashes, so that it reveals no data."""

    id: str
    """Hash of the service and its idempotency key."""
    fingerprint: str
    """Hash of the route and the body. Different requests have different fingerprints."""


@dataclass(frozen=True, slots=True)
class StoredRequest:
    """The outcome of the first request with a key."""

    fingerprint: str | None
    """None if a user of the request was erased, because the hash depends on the user's data.

    Then a repeat may have any body.
    """
    intent_id: str
    items: list[str | CreateFailedError]
    """For each item of the request, the id of the notification, or why it was not created."""
    users: list[str] = field(default_factory=list)
    """The users of the created notifications, without those who were erased."""

    @property
    def ids(self) -> list[str]:
        """The ids of the notifications that the request created."""
        return [item for item in self.items if isinstance(item, str)]
