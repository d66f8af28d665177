"""The generation, which aiokafka keeps in a private attribute that a new version may move."""

from aiokafka import AIOKafkaConsumer
from aiokafka.protocol.group import LeaveGroupRequest

from delivery.consume.generation import generation_of
from tests.integration.delivery.groups import Group, Member

_A, _B = "http://127.0.0.1:8101", "http://127.0.0.1:8102"


async def test_a_consumer_that_was_not_started_has_no_generation(group: Group) -> None:
    consumer = AIOKafkaConsumer(**group.settings.kafka_client_options(), group_id=group.name)
    assert generation_of(consumer) == -1
    await consumer.stop()  # otherwise aiokafka warns about an unclosed consumer


async def test_the_generation_rises_by_one_at_each_rebalance_and_ends_with_the_consumer(
    group: Group,
) -> None:
    async with group.joined(_A) as a:
        generations = [(await group.agreed(a)).generation]
        async with group.joined(_B) as b:
            generations.append((await group.agreed(a, b)).generation)
        generations.append((await group.agreed(a, since=generations[-1])).generation)
        assert generations == [generations[0], generations[0] + 1, generations[0] + 2]
        assert generation_of(a.consumer) == generations[-1]
        assert generation_of(b.consumer) == -1
        assert a.generations_at_revoke == [-1, *generations[:-1]]


async def test_there_is_no_generation_after_the_membership_is_lost(group: Group) -> None:
    async with group.joined(_A) as a, group.joined(_B) as b:
        before = await group.agreed(a, b)
        await _remove_from_group(group, b, sender=a)
        await group.agreed(a, b, since=before.generation)
        assert b.generations_at_revoke[-1] == -1
        assert a.generations_at_revoke[-1] >= before.generation


async def _remove_from_group(group: Group, member: Member, sender: Member) -> None:
    """Remove the member at the broker, as after a session time-out.

    The member learns of it from the answer to its next heartbeat.
    """
    id_of_member = member.consumer._coordinator.member_id
    request = LeaveGroupRequest(group.name, id_of_member)
    answer = await sender.consumer._coordinator._send_req(request)
    assert answer.error_code == 0
