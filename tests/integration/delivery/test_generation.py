"""The generation as aiokafka keeps it: this test says when a new version of it does no longer."""

from aiokafka import AIOKafkaConsumer
from aiokafka.protocol.group import LeaveGroupRequest

from delivery.consume.generation import generation_of
from tests.integration.delivery.groups import Group, Member

_A, _B = "http://127.0.0.1:8101", "http://127.0.0.1:8102"


async def test_a_consumer_that_was_not_started_has_none(group: Group) -> None:
    consumer = AIOKafkaConsumer(**group.settings.kafka_client_options(), group_id=group.name)
    assert generation_of(consumer) == -1
    await consumer.stop()  # or it complains of being left open


async def test_it_rises_by_one_at_each_rebalance_and_goes_with_the_consumer(group: Group) -> None:
    async with group.joined(_A) as a:
        seen = [(await group.agreed(a)).generation]
        async with group.joined(_B) as b:
            seen.append((await group.agreed(a, b)).generation)
        seen.append((await group.agreed(a, since=seen[-1])).generation)
        assert seen == [seen[0], seen[0] + 1, seen[0] + 2]
        assert generation_of(a.consumer) == seen[-1]
        assert generation_of(b.consumer) == -1
        assert a.generations_at_revoke == [-1, *seen[:-1]]


async def test_it_is_none_where_the_membership_was_lost(group: Group) -> None:
    async with group.joined(_A) as a, group.joined(_B) as b:
        before = await group.agreed(a, b)
        await _throw_out(group, b, asker=a)
        await group.agreed(a, b, since=before.generation)
        assert b.generations_at_revoke[-1] == -1
        assert a.generations_at_revoke[-1] >= before.generation


async def _throw_out(group: Group, member: Member, asker: Member) -> None:
    """Have the broker drop the member, as after a session time-out; it learns by a heartbeat."""
    id_of_member = member.consumer._coordinator.member_id
    request = LeaveGroupRequest(group.name, id_of_member)
    answer = await asker.consumer._coordinator._send_req(request)
    assert answer.error_code == 0
