"""The rules by which users are pushed to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """How long to wait for acks, and what to do without them. The same for all users."""

    ack_timeout_seconds: float
    ack_attempts: int
    hold: bool = False
    """Never park: a record stays unsettled until it is acked (`DELIVERY_OFFLINE_POLICY=hold`)."""
