"""The rules for pushing to users."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """How long to wait for an ack, and what to do without one. The same for all users."""

    ack_timeout_seconds: float
    ack_attempts: int
    hold: bool = False
    """Never park: a record stays unsettled until it is acked or no longer owed."""
    max_connections: int = 20
    """How many connections a user may have. With one more, the oldest is ended."""
