"""The settings with which every program connects to Kafka and authenticates."""

import ssl
from importlib import import_module
from typing import Annotated, Any, Literal, Self

from pydantic import Field, FilePath, PrivateAttr, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from producer_api.contract.setting_types import Servers
from runtime.kafka_tokens import Tokens

_PROVIDER = "KAFKA_OAUTH_TOKEN_PROVIDER"
_OAUTH = "OAUTHBEARER"


class KafkaSettings(BaseSettings):
    """How to connect. Raises `pydantic.ValidationError` if a file or a module cannot be used."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    kafka_bootstrap_servers: Servers = "localhost:9092"
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] = (
        "PLAIN"
    )
    kafka_sasl_username: str | None = None
    kafka_sasl_password: SecretStr | None = None
    kafka_oauth_token_provider: Annotated[str, Field(pattern=r"^[\w.]+:\w+$")] | None = None
    """`package.module:callable`. What it returns is documented in `docs/security.md`."""
    kafka_ssl_cafile: FilePath | None = None
    """The certificate authorities to trust. Default: those that the operating system trusts."""
    kafka_ssl_certfile: FilePath | None = None
    """The program's own certificate, followed by the intermediate certificates."""
    kafka_ssl_keyfile: FilePath | None = None
    """The private key of the certificate, unless `kafka_ssl_certfile` contains it."""
    kafka_ssl_password: SecretStr | None = None
    """The password with which the key is encrypted."""

    _tokens: Tokens | None = PrivateAttr(None)

    @model_validator(mode="after")
    def _check_kafka(self) -> Self:
        if self.kafka_ssl_keyfile and not self.kafka_ssl_certfile:
            raise ValueError("KAFKA_SSL_CERTFILE: not set, but KAFKA_SSL_KEYFILE is")
        if self.kafka_security_protocol.startswith("SASL"):
            self._check_sasl()
        self.kafka_client_options()
        return self

    def _check_sasl(self) -> None:
        if self.kafka_sasl_mechanism == _OAUTH:
            self._tokens = _provided(self.kafka_oauth_token_provider)
            return
        for variable, value in (
            ("KAFKA_SASL_USERNAME", self.kafka_sasl_username),
            ("KAFKA_SASL_PASSWORD", self.kafka_sasl_password),
        ):
            if not value:
                raise ValueError(
                    f"{variable}: not set, but KAFKA_SECURITY_PROTOCOL=SASL_* with "
                    f"KAFKA_SASL_MECHANISM={self.kafka_sasl_mechanism} needs it"
                )

    def kafka_client_options(self) -> dict[str, Any]:
        """Return the connection options that every aiokafka client needs."""
        options: dict[str, Any] = {
            "bootstrap_servers": self.kafka_bootstrap_servers,
            "security_protocol": self.kafka_security_protocol,
        }
        if self.kafka_security_protocol.endswith("SSL"):
            options["ssl_context"] = self._ssl_context()
        if self.kafka_security_protocol.startswith("SASL"):
            options["sasl_mechanism"] = self.kafka_sasl_mechanism
            if self._tokens is not None:
                options["sasl_oauth_token_provider"] = self._tokens
            elif self.kafka_sasl_password is not None:
                options["sasl_plain_username"] = self.kafka_sasl_username
                options["sasl_plain_password"] = self.kafka_sasl_password.get_secret_value()
        return options

    def _ssl_context(self) -> ssl.SSLContext:
        """Return the context, with the program's own certificate if there is one."""
        try:
            context = ssl.create_default_context(cafile=self.kafka_ssl_cafile)
        except OSError as error:  # for example, `ssl.SSLError`
            raise ValueError(f"KAFKA_SSL_CAFILE: has no certificate in PEM: {error}") from error
        if self.kafka_ssl_certfile:
            secret = self.kafka_ssl_password
            # Always pass a password. Otherwise, OpenSSL asks for one on the terminal, and waits.
            password = secret.get_secret_value() if secret else ""
            try:
                context.load_cert_chain(
                    self.kafka_ssl_certfile, self.kafka_ssl_keyfile, lambda: password
                )
            except (OSError, ValueError) as error:
                raise ValueError(
                    "KAFKA_SSL_CERTFILE, KAFKA_SSL_KEYFILE, KAFKA_SSL_PASSWORD: cannot be used "
                    f"together: {error}"
                ) from error
        return context


def _provided(name: str | None) -> Tokens:
    if name is None:
        raise ValueError(f"{_PROVIDER}: not set, but KAFKA_SASL_MECHANISM={_OAUTH} needs it")
    module, _, attribute = name.partition(":")
    try:
        provide = getattr(import_module(module), attribute)
    # The module is the operator's code, and may raise anything while it is imported.
    except Exception as error:
        raise ValueError(f"{_PROVIDER}={name}: cannot be imported: {error!r}") from error
    if not callable(provide):
        raise ValueError(f"{_PROVIDER}={name}: is no callable")  # noqa: TRY004 - for pydantic
    return Tokens(f"{_PROVIDER}={name}", provide)
