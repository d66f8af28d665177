"""A placement for publishers that have no Kafka or no MongoDB."""

from typing import cast

from producer_api.contract.known_topic import KnownTopic
from producer_api.metrics import Metrics
from producer_api.outbox.placement import Placement
from producer_api.settings import Settings


class OnePartition(Placement):
    """Places every record in partition 0."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, cast(KnownTopic, None), Metrics())

    async def ensure(self) -> None:
        """Create no topics, because there is no Kafka."""

    def of(self, _key: bytes) -> int:
        """Return the only partition."""
        return 0
