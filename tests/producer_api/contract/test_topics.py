"""The programs create their own topics, and ask the broker about no others."""

from typing import Any

import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.metadata import MetadataRequest

from producer_api.contract.settings import SharedSettings
from producer_api.contract.topics import ensure_topics


async def test_a_start_asks_for_no_other_topics_of_the_cluster(
    stack_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cluster may have thousands of topics, and its answer grows with their number."""
    asked: list[object] = []
    send = AIOKafkaClient.send

    async def note(client: AIOKafkaClient, node: int, request: Any, **options: Any) -> Any:
        asked.append(request)
        return await send(client, node, request, **options)

    monkeypatch.setattr(AIOKafkaClient, "send", note)
    settings = SharedSettings.model_validate({k.lower(): v for k, v in stack_env.items()})
    assert [await ensure_topics(settings) for _ in range(2)] == [3, 3]
    assert asked
    assert [each for each in asked if isinstance(each, MetadataRequest)] == []
