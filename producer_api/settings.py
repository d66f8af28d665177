"""Settings of the producer API, read from the environment (and `.env`)."""

from typing import Annotated

from pydantic import AfterValidator, Field

from producer_api.contract.settings import SharedSettings
from producer_api.identity.rate_limits import NO_LIMIT, rate_limit

Seconds = Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]


def _rate_limit(text: str) -> str:
    rate_limit(text)
    return text


RateLimit = Annotated[str, AfterValidator(_rate_limit)]


class Settings(SharedSettings):
    """What only the producer API reads; all times are in seconds."""

    producer_api_host: str = "127.0.0.1"
    producer_api_port: Annotated[int, Field(ge=1, le=65535)] = 8000
    producer_api_shopper_rate_limit: RateLimit = "300 per 10 second"
    """What one shopper may ask (by `sub`, whatever the token), in the notation of `limits`, or
    `none`. Each process counts for itself: N of them allow N times as much.
    """
    producer_api_service_rate_limit: RateLimit = NO_LIMIT
    """The same for one service, which may burst."""
    producer_api_arrival_timeout_seconds: Seconds = 20
    """How long a request's body may take to arrive, and its head; then the answer is 408, or none
    where the head is not whole.
    """
    producer_api_max_pending: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000
    """Creates, and marks, that may wait at a time; beyond it the answer is 503 at once."""
    producer_api_create_timeout_seconds: Seconds = 15
    """How long one create may wait for its answer, and one mark for its user's others."""
    producer_api_publish_timeout_seconds: Seconds = 3
    """How long Kafka may take for one batch, before the relay is left to publish it."""
    producer_api_retention_days: Annotated[int, Field(ge=0, le=20_000)] = 0
    """Notifications are deleted so many days after they were created; 0 keeps them all."""
    producer_api_takeover_seconds: Annotated[float, Field(ge=5, le=3600, allow_inf_nan=False)] = 30
    """An intent open for longer is taken over: its process is gone."""
    producer_api_lease_seconds: Annotated[float, Field(ge=2, le=3600, allow_inf_nan=False)] = 15
    """How long the relay's lease holds without being renewed, and a transaction what it has
    written, once its process is gone.
    """
