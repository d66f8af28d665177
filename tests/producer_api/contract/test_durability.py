"""A confirmed record survives the loss of a broker, or the programs warn that it may not."""

import logging

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from producer_api.contract import topics
from producer_api.contract.durability import warn_of_weak_topics, weakness
from producer_api.contract.settings import SharedSettings
from tests.services.parts import Services


@pytest.mark.parametrize(("replicas", "insync"), [(1, None), (2, None), (3, "2"), (5, "2")])
def test_new_topics_require_two_replicas_where_one_may_be_down(
    replicas: int, insync: str | None
) -> None:
    settings = SharedSettings(
        auth_jwt_secret="x" * 32,
        kafka_topic_replication_factor=replicas,
    )
    for topic in topics._topics(settings, None):
        assert topic.topic_configs.get("min.insync.replicas") == insync


@pytest.mark.parametrize(
    ("replicas", "required", "brokers", "is_weak"),
    [(1, 1, 1, False), (3, 2, 3, False), (3, 1, 3, True), (1, 1, 3, True), (2, 2, 3, True)],
)
def test_weak_topics_are_those_that_an_operator_can_mend(
    replicas: int, required: int, brokers: int, *, is_weak: bool
) -> None:
    assert (weakness(replicas, required, brokers) is not None) is is_weak


async def test_weak_topics_of_a_real_kafka_are_logged(
    services: Services, stack_env: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    settings = SharedSettings.model_validate({k.lower(): v for k, v in stack_env.items()})
    await topics.ensure_topics(settings)
    assert not caplog.records, "with a single broker, nothing can be fixed"
    names = topics.topic_names(settings)
    admin = AIOKafkaAdminClient(bootstrap_servers=services.kafka_bootstrap)
    await admin.start()
    try:
        with caplog.at_level(logging.WARNING):
            await warn_of_weak_topics(admin, [(name, 3) for name in names], brokers=3)
    finally:
        await admin.close()
    logged = [vars(record) for record in caplog.records]
    assert [(fields["topic"], fields["min_insync"]) for fields in logged] == [
        (name, 1) for name in names
    ]
