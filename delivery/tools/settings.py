"""What the tools read from the environment: the same as the programs, but for the tokens."""

from typing import Annotated

from pydantic import Field, SecretStr

from producer_api.contract.settings import SharedSettings


class ToolSettings(SharedSettings):
    """Tools verify no token, so none of their secrets has to be there."""

    auth_jwt_secret: SecretStr | None = SecretStr("verifies nothing")
    kafka_group_id: Annotated[str, Field(min_length=1, max_length=249)] = "delivery"
