"""The settings of the console, from its environment."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, model_validator

from delivery.tools.settings import ToolSettings
from deploy.local.data_folder import find_secret
from deploy.local.paths import in_repository
from deploy.local.settings import Port
from producer_api.contract.setting_types import Host, JwtSecret, WebUrl

_DATA = ".local"


class ConsoleSettings(ToolSettings):
    """The settings of `delivery.tools`, whose actions the console offers, and the console's own.

    The defaults are those of the local stack: its ports, and the secret of `make run`.
    """

    auth_jwt_secret: JwtSecret | None = None
    console_host: Host = "127.0.0.1"
    console_port: Port = 8130
    console_api_token: SecretStr | None = None
    """A service's token for the producer API.

    Its scopes are `notifications:read notifications:write`. Without it, the console signs tokens
    with AUTH_JWT_SECRET.
    """
    console_status_token: SecretStr | None = None
    """A token for the instances' `/status`, with the scope `notifications:read`.

    Without it, the console signs tokens with AUTH_JWT_SECRET. Without this secret too, it uses the
    token for the producer API, which a rogue member of the group could collect.
    """
    console_delivery_port: Port | None = None
    """The instances' public port, if DELIVERY_PEER_PORT is set.

    Their addresses in the group then lead to a port that serves only peers.
    """
    console_read_back: Annotated[int, Field(ge=0, le=10_000_000)] = 100_000
    """How many of the last records of each topic are read at the start."""
    console_notifications: Annotated[int, Field(ge=1, le=10_000_000)] = 100_000
    """How many notifications are kept in memory."""
    console_megabytes: Annotated[int, Field(ge=1, le=100_000)] = 320
    """How much memory they may take, with their raw events."""
    console_listeners: Annotated[int, Field(ge=1, le=1_000)] = 20
    """How many pages may be open at the same time."""

    delivery_offline_policy: Literal["park", "hold"] | None = None
    """The policy of the instances, which the console shows. None means that it is unknown."""
    producer_api_url: WebUrl = "http://localhost:8000"
    producer_api_port: Port = 8000
    local_data: Path = Path(_DATA)

    @property
    def status_token(self) -> SecretStr | None:
        """The token for the instances' `/status`; None if the console signs it."""
        if self.console_status_token is not None or self.auth_jwt_secret is not None:
            return self.console_status_token
        return self.console_api_token

    @model_validator(mode="before")
    @classmethod
    def _use_the_local_secret(cls, values: dict[str, Any]) -> dict[str, Any]:
        if not (values.get("auth_jwt_secret") or values.get("auth_jwks_url")):
            secret = find_secret(in_repository(Path(values.get("local_data", _DATA))))
            if secret is not None:
                values["auth_jwt_secret"] = secret
        return values

    @model_validator(mode="after")
    def _find_the_api(self) -> Self:
        if "producer_api_url" not in self.model_fields_set:
            self.producer_api_url = f"http://localhost:{self.producer_api_port}"
        if self.console_api_token is None and self.auth_jwt_secret is None:
            raise ValueError(
                "CONSOLE_API_TOKEN: not set, but without AUTH_JWT_SECRET the console cannot sign "
                "its own; set it to a token with the scopes notifications:read notifications:write"
            )
        return self
