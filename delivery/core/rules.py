"""How patient delivery is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """How patient to be; the same for all users."""

    ack_timeout_seconds: float
    ack_attempts: int
    hold: bool = False
    """Never park: what is not acked stays unsettled (`DELIVERY_OFFLINE_POLICY=hold`)."""
