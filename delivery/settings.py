"""The settings of the delivery service, from its environment."""

import hmac
from ipaddress import ip_address
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, FilePath, SecretStr, model_validator

from delivery.core.ownership import is_address
from delivery.core.rules import Rules
from producer_api.contract.setting_types import Host, web_url
from producer_api.contract.settings import SharedSettings
from runtime.tls_files import TlsFiles

_NAME_ITSELF = "give each instance the URL at which the others reach it: http://its-own-name:8101"
_CANNOT_DERIVE = (
    "DELIVERY_PEER_SECRET is missing: without AUTH_JWT_SECRET it cannot be derived, so set it to "
    "the same secret in all instances"
)


def _derived(jwt_secret: str) -> bytes:
    """Return a peer secret that reveals nothing about the secret that signs tokens."""
    return hmac.digest(jwt_secret.encode(), b"DELIVERY_PEER_SECRET", "sha256")


def _bytes(secret: SecretStr) -> bytes:
    return secret.get_secret_value().encode()


def _address(url: str) -> str:
    url = url.rstrip("/")  # peers compare addresses as strings
    parts = urlsplit(web_url(url))
    if parts.query or not is_address(url):
        raise ValueError("must be a URL without a query, at most 491 characters")
    if _is_unspecified(parts.hostname or ""):
        raise ValueError(f"other instances cannot dial {parts.hostname}; {_NAME_ITSELF}")
    return url


def _is_unspecified(host: str) -> bool:
    """Return whether the host means all addresses of the machine, such as 0.0.0.0 and `::`."""
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return host.strip("0.") == ""  # resolvers also read `0` and `0.0`


def _port_of(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


class Settings(SharedSettings):
    """The settings, each from the environment variable with its name in capitals.

    The names of durations end with the unit.
    """

    kafka_group_id: Annotated[str, Field(min_length=1, max_length=249)] = "delivery"
    kafka_session_timeout_ms: Annotated[int, Field(ge=1_000, le=300_000)] = 15_000

    delivery_host: Host = "127.0.0.1"
    delivery_port: Annotated[int, Field(ge=1, le=65_535)] = 8101
    delivery_peer_port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    """A port for the other instances alone. Without it, they use `delivery_port`."""
    delivery_advertised_url: Annotated[str, AfterValidator(_address)] | None = None
    delivery_peer_secret: SecretStr | None = None
    delivery_peer_secret_previous: SecretStr | None = None
    delivery_peer_tls_certfile: FilePath | None = None
    """This instance's certificate for its peers, on the peers' port and when it dials.

    The peers' port serves TLS if `delivery_advertised_url` is an https URL.
    """
    delivery_peer_tls_keyfile: FilePath | None = None
    delivery_peer_tls_cafile: FilePath | None = None
    """The authorities of the peers' certificates. With it, peers must show one when they dial."""
    delivery_peer_tls_name: Host | None = None
    """The name in the peers' certificates, if it is not the host of their addresses."""

    delivery_remove_gone_peers: bool = True
    """Whether peers that are killed are removed from the group before their session ends."""

    delivery_ack_timeout_seconds: Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)] = 10
    delivery_ack_attempts: Annotated[int, Field(ge=1, le=100)] = 3
    delivery_offline_policy: Literal["park", "hold"] = "park"
    delivery_max_in_flight_per_partition: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000
    delivery_max_in_flight_megabytes: Annotated[int, Field(ge=1, le=1_000_000)] = 256
    """The bound on the bytes of the instance's unsettled records. Its partitions share it equally,
    and none takes more than 64 MiB."""
    delivery_commit_interval_ms: Annotated[int, Field(ge=1, le=60_000)] = 100
    delivery_max_connections_per_user: Annotated[int, Field(ge=1, le=1_000)] = 20
    delivery_max_packets_per_second: Annotated[float, Field(ge=1, le=100_000)] = 100
    delivery_max_polling_sessions: Annotated[int, Field(ge=0, le=100_000)] = 1_000
    delivery_drain_seconds: Annotated[float, Field(ge=0, le=300, allow_inf_nan=False)] = 5
    delivery_arrival_timeout_seconds: Annotated[float, Field(gt=0, le=3600)] = 20

    @model_validator(mode="after")
    def _check_peer_secret(self) -> Self:
        if self.delivery_peer_secret is None and self.auth_jwt_secret is None:
            raise ValueError(_CANNOT_DERIVE)
        return self

    @model_validator(mode="after")
    def _check_advertised_url(self) -> Self:
        if self.delivery_advertised_url is None and _is_unspecified(self.delivery_host):
            raise ValueError(
                "DELIVERY_ADVERTISED_URL is missing: other instances cannot dial "
                f"DELIVERY_HOST={self.delivery_host}; {_NAME_ITSELF}"
            )
        return self

    @model_validator(mode="after")
    def _check_peer_port(self) -> Self:
        port, public = self.delivery_peer_port, self.delivery_port
        if port is None:
            return self
        if port == public:
            raise ValueError(f"DELIVERY_PEER_PORT is {port}, as DELIVERY_PORT: choose another port")
        # Any other port may lead to the peers' port, for example through a container's network.
        if self.delivery_advertised_url and _port_of(self.delivery_advertised_url) == public:
            raise ValueError(
                f"DELIVERY_ADVERTISED_URL names the port {public}, which does not serve peers "
                f"while DELIVERY_PEER_PORT is set: name the port that leads to {port}"
            )
        return self

    @model_validator(mode="after")
    def _check_peer_tls(self) -> Self:
        files, url = self.peer_tls_files, self.delivery_advertised_url
        if files.keyfile is not None and files.certfile is None:
            raise ValueError(
                "DELIVERY_PEER_TLS_CERTFILE: not set, but DELIVERY_PEER_TLS_KEYFILE is set"
            )
        if files.certfile is None and files.cafile is None:
            return self
        if files.certfile is not None and url is None:
            raise ValueError(
                "DELIVERY_ADVERTISED_URL: not set; with DELIVERY_PEER_TLS_CERTFILE, set it to the "
                "https URL of the peers' port, which then serves TLS"
            )
        if self.peer_port_serves_tls and self.delivery_peer_port is None:
            raise ValueError(
                "DELIVERY_PEER_PORT: not set, but DELIVERY_PEER_TLS_CERTFILE needs it: the public "
                "port serves no TLS"
            )
        try:
            files.server_context()
        except OSError as error:
            raise ValueError(f"DELIVERY_PEER_TLS_*: the files cannot be used: {error}") from error
        return self

    @property
    def peer_tls_files(self) -> TlsFiles:
        """The files for TLS between instances."""
        return TlsFiles(
            self.delivery_peer_tls_certfile,
            self.delivery_peer_tls_keyfile,
            self.delivery_peer_tls_cafile,
        )

    @property
    def peer_port_serves_tls(self) -> bool:
        """Whether the peers' port itself serves TLS, with the certificate of this instance."""
        return self.delivery_peer_tls_certfile is not None and self.advertised_url.startswith(
            "https:"
        )

    @property
    def advertised_url(self) -> str:
        """The URL at which other instances reach this one."""
        host = f"[{self.delivery_host}]" if ":" in self.delivery_host else self.delivery_host
        port = self.delivery_peer_port or self.delivery_port
        return self.delivery_advertised_url or f"http://{host}:{port}"

    @property
    def peer_secrets(self) -> list[bytes]:
        """The secrets with which the instances of one group authenticate each other.

        The current one is first. While the secrets are rotated, a peer may know only one of them.
        """
        secret, previous = self.delivery_peer_secret, self.delivery_peer_secret_previous
        # A secret that is set replaces the derived one, because order services may know
        # `AUTH_JWT_SECRET` and could derive the same secret from it.
        secrets = [_bytes(secret)] if secret else [_derived(text) for text in self.jwt_secrets]
        return [*secrets, _bytes(previous)] if previous else secrets

    @property
    def rules(self) -> Rules:
        """The rules that each user's core follows."""
        return Rules(
            ack_timeout_seconds=self.delivery_ack_timeout_seconds,
            ack_attempts=self.delivery_ack_attempts,
            hold=self.delivery_offline_policy == "hold",
            max_connections=self.delivery_max_connections_per_user,
        )
