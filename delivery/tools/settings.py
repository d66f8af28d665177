"""The tools' settings: those of the programs, except the ones for tokens."""

from typing import Annotated

from pydantic import Field, SecretStr

from producer_api.contract.settings import SharedSettings


class ToolSettings(SharedSettings):
    """Settings without secrets: the tools verify no token."""

    auth_jwt_secret: SecretStr | None = SecretStr("verifies nothing")
    kafka_group_id: Annotated[str, Field(min_length=1, max_length=249)] = "delivery"
