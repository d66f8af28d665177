"""The generation, which aiokafka keeps in a private place. A new version may move it."""

from aiokafka import AIOKafkaConsumer
from aiokafka.protocol.group import LeaveGroupRequest

from delivery.consume.generation import generation_of
from tests.integration.delivery.groups import Group, Member

_A, _B = "http://127.0.0.1:8101", "http://127.0.0.1:8102"


async def test_a_consumer_that_was_not_started_has_no_generation(group: Group) -> None:
    consumer = AIOKafkaConsumer(**group.settings.kafka_client_options(), group_id=group.name)
    assert generation_of(consumer) == -1
    await consumer.stop()  # or aiokafka warns that it was left open


async def test_the_generation_rises_by_one_at_each_rebalance_and_ends_with_the_consumer(
    group: Group,
) -> None:
    async with group.joined(_A) as a:
        seen = [(await group.agreed(a)).generation]
        async with group.joined(_B) as b:
            seen.append((await group.agreed(a, b)).generation)
        seen.append((await group.agreed(a, since=seen[-1])).generation)
        assert seen == [seen[0], seen[0] + 1, seen[0] + 2]
        assert generation_of(a.consumer) == seen[-1]
        assert generation_of(b.consumer) == -1
        assert a.generations_at_revoke == [-1, *seen[:-1]]


async def test_there_is_no_generation_after_the_membership_is_lost(group: Group) -> None:
    async with group.joined(_A) as a, group.joined(_B) as b:
        before = await group.agreed(a, b)
        await _throw_out(group, b, asker=a)
        await group.agreed(a, b, since=before.generation)
        assert b.generations_at_revoke[-1] == -1
        assert a.generations_at_revoke[-1] >= before.generation


async def _throw_out(group: Group, member: Member, asker: Member) -> None:
    """Have the broker drop the member, as after a session time-out. A heartbeat reports it."""
    id_of_member = member.consumer._coordinator.member_id
    request = LeaveGroupRequest(group.name, id_of_member)
    answer = await asker.consumer._coordinator._send_req(request)
    assert answer.error_code == 0
