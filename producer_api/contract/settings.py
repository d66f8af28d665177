"""The settings that both programs read from the environment."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from producer_api.contract.kafka_settings import KafkaSettings
from producer_api.contract.setting_types import (
    JwtSecret,
    MongoUrl,
    Origins,
    Topic,
    WebUrl,
)

_YEAR_SECONDS = 366 * 24 * 3600


class SharedSettings(KafkaSettings):
    """The settings for Kafka, MongoDB and tokens.

    Raises `pydantic.ValidationError`. Programs load their settings with `runtime.settings.load`.
    """

    kafka_topic: Annotated[Topic, Field(pattern=r"^[a-zA-Z0-9._-]{1,240}$")] = "notifications"
    kafka_topic_partitions: Annotated[int, Field(ge=1, le=10_000)] = 12
    kafka_topic_replication_factor: Annotated[int, Field(ge=1, le=32)] = 1

    mongo_url: MongoUrl = "mongodb://localhost:27017/?replicaSet=rs0"
    mongo_database: Annotated[str, Field(pattern=r'^[^/\\. "$\x00]{1,63}$')] = "notifications"

    auth_jwt_secret: JwtSecret | None = None
    auth_jwt_secret_previous: JwtSecret | None = None
    """The previous secret. While secrets rotate, tokens signed with either one are accepted."""
    auth_max_token_age_seconds: Annotated[int, Field(ge=60, le=1_000 * _YEAR_SECONDS)] = (
        300 * _YEAR_SECONDS
    )
    """How long after its `iat` a token may expire; without an `iat`, how long after now.

    The default accepts every `exp` in seconds that issuers write for `never`, such as 9999999999.
    """
    auth_jwks_url: WebUrl | None = None
    auth_jwt_audience: str | None = None
    auth_jwt_issuer: str | None = None

    cors_allowed_origins: Origins = Field(["http://localhost:8080"])
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not (self.auth_jwt_secret or self.auth_jwks_url):
            raise ValueError("AUTH_JWT_SECRET or AUTH_JWKS_URL: neither is set; set one of them")
        return self

    @property
    def jwt_secrets(self) -> list[str]:
        """The secrets with which a token may be signed, the current one first."""
        secrets = (self.auth_jwt_secret, self.auth_jwt_secret_previous)
        return [secret.get_secret_value() for secret in secrets if secret]

    @property
    def dead_letter_topic(self) -> str:
        """The topic for records that cannot be parsed."""
        return f"{self.kafka_topic}-dlq"

    @property
    def receipt_topic(self) -> str:
        """The topic for receipts: `notification-receipts` for `notifications`, and so on."""
        return f"{self.kafka_topic.removesuffix('s')}-receipts"
