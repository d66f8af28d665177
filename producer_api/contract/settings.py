"""The settings that both programs read from the environment."""

import ssl
from typing import Annotated, Any, Literal, Self

from pydantic import Field, FilePath, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from producer_api.contract.setting_types import (
    JwtSecret,
    MongoUrl,
    Origins,
    Servers,
    Topic,
    WebUrl,
)

_YEAR_SECONDS = 366 * 24 * 3600


class SharedSettings(BaseSettings):
    """The settings for Kafka, MongoDB and tokens.

    Raises `pydantic.ValidationError`. Programs load their settings with `runtime.settings.load`.
    """

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    kafka_bootstrap_servers: Servers = "localhost:9092"
    kafka_topic: Annotated[Topic, Field(pattern=r"^[a-zA-Z0-9._-]{1,240}$")] = "notifications"
    kafka_topic_partitions: Annotated[int, Field(ge=1, le=10_000)] = 12
    kafka_topic_replication_factor: Annotated[int, Field(ge=1, le=32)] = 1
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "PLAIN"
    kafka_sasl_username: str | None = None
    kafka_sasl_password: SecretStr | None = None
    kafka_ssl_cafile: FilePath | None = None
    kafka_ssl_certfile: FilePath | None = None
    kafka_ssl_keyfile: FilePath | None = None

    mongo_url: MongoUrl = "mongodb://localhost:27017/?replicaSet=rs0"
    mongo_database: Annotated[str, Field(pattern=r'^[^/\\. "$\x00]{1,63}$')] = "notifications"

    auth_jwt_secret: JwtSecret | None = None
    auth_jwt_secret_previous: JwtSecret | None = None
    """The secret before the current one. While secrets rotate, tokens of either are accepted."""
    auth_max_token_age_seconds: Annotated[int, Field(ge=60, le=1_000 * _YEAR_SECONDS)] = (
        300 * _YEAR_SECONDS
    )
    """How long after its `iat` a token may expire; without an `iat`, how long after now.

    The default accepts every `exp` in seconds that issuers write for `never`, such as 9999999999.
    """
    auth_jwks_url: WebUrl | None = None
    auth_jwt_audience: str | None = None
    auth_jwt_issuer: str | None = None

    cors_allowed_origins: Origins = ["http://localhost:8080"]
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not (self.auth_jwt_secret or self.auth_jwks_url):
            raise ValueError("AUTH_JWT_SECRET or AUTH_JWKS_URL: neither is set; set one of them")
        if self.kafka_security_protocol.startswith("SASL"):
            if not self.kafka_sasl_username:
                raise ValueError(
                    "KAFKA_SASL_USERNAME: not set, but KAFKA_SECURITY_PROTOCOL=SASL_* needs it"
                )
            if not self.kafka_sasl_password:
                raise ValueError(
                    "KAFKA_SASL_PASSWORD: not set, but KAFKA_SECURITY_PROTOCOL=SASL_* needs it"
                )
        try:
            self.kafka_client_options()
        except OSError as error:  # for example, `ssl.SSLError`
            raise ValueError(
                f"KAFKA_SSL_CAFILE, KAFKA_SSL_CERTFILE, KAFKA_SSL_KEYFILE: cannot be used: {error}"
            ) from error
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

    def kafka_client_options(self) -> dict[str, Any]:
        """Return the connection options that every aiokafka client needs."""
        options: dict[str, Any] = {
            "bootstrap_servers": self.kafka_bootstrap_servers,
            "security_protocol": self.kafka_security_protocol,
        }
        if self.kafka_security_protocol.endswith("SSL"):
            context = ssl.create_default_context(cafile=self.kafka_ssl_cafile)
            if self.kafka_ssl_certfile:
                context.load_cert_chain(self.kafka_ssl_certfile, self.kafka_ssl_keyfile)
            options["ssl_context"] = context
        if self.kafka_sasl_password and self.kafka_security_protocol.startswith("SASL"):
            options["sasl_mechanism"] = self.kafka_sasl_mechanism
            options["sasl_plain_username"] = self.kafka_sasl_username
            options["sasl_plain_password"] = self.kafka_sasl_password.get_secret_value()
        return options
