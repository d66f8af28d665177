"""Settings of the demo shop."""

import sys
from pathlib import Path
from typing import Annotated, NoReturn, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy.local.data_folder import find_secret
from deploy.local.paths import in_repository
from deploy.local.settings import Port, refusal
from producer_api.contract.setting_types import Host, JwtSecret, Origins, WebUrl
from runtime.settings import EXIT_BAD_SETTINGS


class ShopSettings(BaseSettings):
    """Settings from the environment and `.env`. AUTH_JWT_SECRET defaults to `make run`'s secret."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    demo_shop_host: Host = "127.0.0.1"
    demo_shop_port: Port = 8090
    demo_shop_arrival_timeout_seconds: Annotated[float, Field(gt=0, le=3600)] = 20
    console_port: Port = 8130
    """The port of `make run`'s machine room, to which the shop links."""
    producer_api_port: Port = 8000
    """The port of `make run`'s API. It is used if PRODUCER_API_URL is not set."""
    producer_api_url: WebUrl = "http://localhost:8000"
    cors_allowed_origins: Origins = ["http://localhost:8080"]
    local_data: Annotated[Path, AfterValidator(in_repository)] = Path(".local")
    auth_jwt_secret: JwtSecret | None = None

    @model_validator(mode="after")
    def _follow_the_local_stack(self) -> Self:
        if "producer_api_url" not in self.model_fields_set:
            self.producer_api_url = f"http://localhost:{self.producer_api_port}"
        return self

    @property
    def secret(self) -> str:
        """The secret that signs the tokens. Exits with a message if there is none."""
        if self.auth_jwt_secret:
            return self.auth_jwt_secret.get_secret_value()
        local_secret = find_secret(self.local_data)
        if local_secret is None:
            _refuse(
                f"AUTH_JWT_SECRET is not set, and {self.local_data} has no secret; start "
                "`make run` first, or set AUTH_JWT_SECRET to the secret of the API"
            )
        return local_secret


def load_shop() -> ShopSettings:
    """Read the settings, or exit with a message that names the bad variable."""
    try:
        return ShopSettings()
    except ValidationError as error:
        problem = error.errors(include_url=False, include_context=False)[0]
        _refuse(refusal(problem))


def _refuse(message: str) -> NoReturn:
    sys.stderr.write(f"cannot start:\n  {message}\n")
    raise SystemExit(EXIT_BAD_SETTINGS)
