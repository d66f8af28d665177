"""Settings of the producer API, read from the environment (and `.env`)."""

from typing import Annotated

from pydantic import Field

from producer_api.contract.settings import SharedSettings

Seconds = Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]


class Settings(SharedSettings):
    """What only the producer API reads; all times are in seconds."""

    producer_api_host: str = "127.0.0.1"
    producer_api_port: Annotated[int, Field(ge=1, le=65535)] = 8000
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
    """How long the relay's lease holds without being renewed."""
