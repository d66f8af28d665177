"""The tools' settings: those of the programs, without a token secret."""

from typing import Annotated, Self

from pydantic import Field, SecretStr, model_validator

from producer_api.contract.settings import SharedSettings

Port = Annotated[int, Field(ge=1, le=65_535)]


class ToolSettings(SharedSettings):
    """The shared settings. They need no token secret, because the tools verify no tokens.

    An address that is not set is that of the local stack, on the port that `make run` uses.
    """

    auth_jwt_secret: SecretStr | None = SecretStr("verifies nothing")
    kafka_group_id: Annotated[str, Field(min_length=1, max_length=249)] = "delivery"
    local_kafka_port: Port = 9092
    local_mongo_port: Port = 27017

    @model_validator(mode="after")
    def _follow_the_local_stack(self) -> Self:
        if "kafka_bootstrap_servers" not in self.model_fields_set:
            self.kafka_bootstrap_servers = f"localhost:{self.local_kafka_port}"
        if "mongo_url" not in self.model_fields_set:
            self.mongo_url = f"mongodb://localhost:{self.local_mongo_port}/?replicaSet=rs0"
        return self
