"""Settings of the producer API, read from the environment (and `.env`)."""

from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_settings import NoDecode

from producer_api.contract.category import Category
from producer_api.contract.push_keys import check_public_key
from producer_api.contract.setting_types import Host
from producer_api.contract.settings import SharedSettings
from producer_api.identity.rate_limits import rate_limit

Seconds = Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]

#: The relay claims its lease before it reads what to publish. The reads take part of the lease.
_READ_SECONDS = 1


def _rate_limit(text: str) -> str:
    rate_limit(text)
    return text


def _categories(value: object) -> object:
    if not isinstance(value, str):
        return value
    return [] if value.strip() == "none" else [part.strip() for part in value.split(",")]


Categories = Annotated[
    tuple[Category, ...], Field(max_length=100), NoDecode, BeforeValidator(_categories)
]
RateLimit = Annotated[str, AfterValidator(_rate_limit)]


class Settings(SharedSettings):
    """The settings that only the producer API uses. Times are in seconds, except the retention."""

    producer_api_host: Host = "127.0.0.1"
    producer_api_port: Annotated[int, Field(ge=1, le=65535)] = 8000
    producer_api_workers: Annotated[int, Field(ge=1, le=64)] = 1
    """How many processes serve this port. If there are several, a parent process watches them."""
    producer_api_shopper_rate_limit: RateLimit = "300 per 10 second"
    """How many requests one shopper may send, in the notation of the library `limits`, or `none`.

    The `sub` of the token identifies the shopper. The workers of one program count together. Each
    program counts separately, so N programs allow N times as many requests.
    """
    producer_api_service_rate_limit: RateLimit = "10000 per second"
    """How many requests one service may send. The default is more than one process can answer."""
    producer_api_service_byte_limit: RateLimit = "50000000 per second"
    """How many bytes the bodies of one service's creates may have, in the same notation."""
    producer_api_arrival_timeout_seconds: Seconds = 20
    """How long the head of a request may take to arrive, and how long the body may take.

    If one of them is late, the answer is 408.
    """
    producer_api_always_categories: Categories = ("order",)
    """The categories that shoppers cannot mute, separated by commas, or `none`."""
    producer_api_max_pending: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000
    """How many new notifications, and how many changes, may wait in each worker.

    Further requests get a 503 at once.
    """
    producer_api_create_timeout_seconds: Seconds = 15
    """How long a create may wait for its answer, or a change for the user's earlier changes."""
    producer_api_publish_timeout_seconds: Seconds = 3
    """How long Kafka may take for one batch, before the batch is left to the relay."""
    producer_api_retention_days: Annotated[int, Field(ge=0, le=20_000)] = 0
    """Days after which notifications are deleted; 0 means never."""
    producer_api_takeover_seconds: Annotated[float, Field(ge=5, le=3600, allow_inf_nan=False)] = 30
    """Age at which the relay takes over an open intent. A running process has closed it by then."""
    producer_api_lease_seconds: Annotated[float, Field(ge=2, le=3600, allow_inf_nan=False)] = 15
    """How long the relay's lease lasts if it is not renewed.

    Must be at least 1 s longer than the publish time-out. Also how long a transaction of a dead
    process may block other writers.
    """
    producer_api_vapid_public_key: Annotated[str, AfterValidator(check_public_key)] | None = None
    """The public key of `AWAY_VAPID_PRIVATE_KEY`, for browsers that subscribe to Web Push."""
    producer_api_push_allow_loopback: bool = False
    """Whether push endpoints may be http URLs on this machine. For tests only."""

    @model_validator(mode="after")
    def _check_lease(self) -> Self:
        lease, publish = self.producer_api_lease_seconds, self.producer_api_publish_timeout_seconds
        if lease < publish + _READ_SECONDS:
            raise ValueError(
                f"PRODUCER_API_LEASE_SECONDS: {lease:g} is too short, because a publish may take "
                f"PRODUCER_API_PUBLISH_TIMEOUT_SECONDS={publish:g}: set the lease to at least "
                f"{publish + _READ_SECONDS:g}, or shorten the time-out"
            )
        return self
