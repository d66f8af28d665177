"""Settings of the local stack: its ports and its data folder."""

import re
import sys
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy.local.paths import in_repository
from deploy.local.ports import HOST, free_ports, is_free
from producer_api.contract.setting_types import JwtSecret, Origins
from runtime.settings import EXIT_BAD_SETTINGS

MAX_INSTANCES = 16
_LAST_PORT = 65_535
_AWAY_PORT, _AWAY_PORT_SEARCH = 8120, 28_120
_CONSOLE_PORT, _CONSOLE_PORT_SEARCH = 8130, 28_130

Port = Annotated[int, Field(ge=1, le=_LAST_PORT)]


#: A host as a Content-Security-Policy names it. Any other text could end the directive that has the
#: hosts, and begin another one.
_IMAGE_HOST = re.compile(r"https://(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]{1,5})?", re.IGNORECASE)


def _image_hosts(text: str) -> str:
    """Return the hosts, separated by spaces. Raises `ValueError`."""
    hosts = text.replace(",", " ").split()
    for host in hosts:
        if not _IMAGE_HOST.fullmatch(host):
            raise ValueError(f"{host!r} is not like https://img.shop.example, without a path")
    return " ".join(hosts)


def _free_away_port() -> int:
    return _AWAY_PORT if is_free(_AWAY_PORT) else next(free_ports(_AWAY_PORT_SEARCH))


def _free_console_port() -> int:
    return _CONSOLE_PORT if is_free(_CONSOLE_PORT) else next(free_ports(_CONSOLE_PORT_SEARCH))


class LocalSettings(BaseSettings):
    """Settings from the environment and `.env`, like those of the two programs."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    local_data: Annotated[Path, AfterValidator(in_repository)] = Path(".local")
    local_mongo_port: Port = 27017
    local_kafka_port: Port = 9092
    local_kafka_controller_port: Port = 9093
    kafka_session_timeout_ms: Annotated[int, Field(ge=6_000, le=300_000)] = 6_000
    """After this time, Kafka moves the partitions of a dead instance that no peer has removed.

    Kafka allows no less than 6 s.
    """
    local_delivery_instances: Annotated[int, Field(ge=1, le=MAX_INSTANCES)] = 2
    producer_api_port: Port = 8000
    delivery_port: Annotated[int, Field(ge=1, le=_LAST_PORT - MAX_INSTANCES + 1)] = 8101
    demo_shop_port: Port = 8090
    ui_port: Port = 8080
    ui_image_hosts: Annotated[str, AfterValidator(_image_hosts)] = ""
    """Where the images of notifications may come from, such as `https://img.shop.example`."""
    away_port: Annotated[int, Field(default_factory=_free_away_port, ge=1, le=_LAST_PORT)]
    """The away program's port. The default is 8120, or any free port if that is in use, because no
    other part calls it."""
    console_port: Annotated[int, Field(default_factory=_free_console_port, ge=1, le=_LAST_PORT)]
    """The machine room's port. The default is 8130, or any free port if that is in use. The shop's
    link uses this port."""
    cors_allowed_origins: Origins | None = None
    """The origins whose pages may call the APIs, in addition to the stack's own UI."""
    auth_jwt_secret: JwtSecret | None = None

    @model_validator(mode="after")
    def _check_ports(self) -> Self:
        taken: dict[int, str] = {}
        for name, port in self.ports.items():
            if port in taken:
                raise ValueError(f"{name}: port {port} is also that of {taken[port]}")
            taken[port] = name
        return self

    @property
    def delivery_ports(self) -> list[int]:
        """The ports of the first delivery instances. Later instances use the next ports."""
        return [self.delivery_port + index for index in range(self.local_delivery_instances)]

    @property
    def origins(self) -> list[str]:
        """The allowed origins: the stack's own UI and those of CORS_ALLOWED_ORIGINS, or `*`."""
        others = self.cors_allowed_origins or []
        own = [f"http://{host}:{self.ui_port}" for host in ("localhost", HOST)]
        return others if others == ["*"] else list(dict.fromkeys(own + others))

    @property
    def ports(self) -> dict[str, int]:
        """The ports that the stack binds when it starts, by the name of their setting."""
        return {
            "LOCAL_MONGO_PORT": self.local_mongo_port,
            "LOCAL_KAFKA_PORT": self.local_kafka_port,
            "LOCAL_KAFKA_CONTROLLER_PORT": self.local_kafka_controller_port,
            "PRODUCER_API_PORT": self.producer_api_port,
            **{
                f"DELIVERY_PORT + {index}" if index else "DELIVERY_PORT": port
                for index, port in enumerate(self.delivery_ports)
            },
            "DEMO_SHOP_PORT": self.demo_shop_port,
            "AWAY_PORT": self.away_port,
            "CONSOLE_PORT": self.console_port,
            "UI_PORT": self.ui_port,
        }


def load_local() -> LocalSettings:
    """Read the settings, or exit with one line for each invalid variable."""
    try:
        return LocalSettings()
    except ValidationError as error:
        sys.stderr.write("cannot start:\n")
        for problem in error.errors(include_url=False, include_context=False):
            sys.stderr.write(f"  {refusal(problem)}\n")
        raise SystemExit(EXIT_BAD_SETTINGS) from None


def refusal(problem: ErrorDetails) -> str:
    """Return what is wrong with a variable, with its value unless the variable is a secret."""
    message = problem["msg"].removeprefix("Value error, ")
    if not problem["loc"]:
        return message
    variable = str(problem["loc"][0]).upper()
    shown = variable if "SECRET" in variable else f"{variable}={problem['input']}"
    return f"{shown}: {message}"
