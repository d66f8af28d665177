"""The tools' settings: those of the programs, without a token secret."""

from typing import Annotated

from pydantic import Field, SecretStr

from producer_api.contract.settings import SharedSettings


class ToolSettings(SharedSettings):
    """The shared settings. They need no token secret, because the tools verify no tokens."""

    auth_jwt_secret: SecretStr | None = SecretStr("verifies nothing")
    kafka_group_id: Annotated[str, Field(min_length=1, max_length=249)] = "delivery"
