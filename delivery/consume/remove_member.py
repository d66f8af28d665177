"""Removes a member from the consumer group by its id, so that the group rebalances at once."""

import asyncio

from aiokafka import AIOKafkaConsumer
from aiokafka.client import ConnectionGroup
from aiokafka.errors import GroupCoordinatorNotAvailableError, UnknownMemberIdError, for_code
from aiokafka.protocol.group import LeaveGroupRequest

#: The connection group for a removal while this member joins: the coordinator answers the requests
#: of a connection in order, and a join may wait for the very member that is to be removed. aiokafka
#: uses the groups 0 and 1, and `raw_fetch` 2.
_CONNECTION = 3


async def remove_member(consumer: AIOKafkaConsumer, member: str, seconds: float) -> bool:
    """Remove the member from the consumer's group; return whether it was a member.

    A member that is still running learns of its removal at its next heartbeat, and joins again.
    Raises `KafkaError`, or `TimeoutError` after `seconds`.
    """
    coordinator = consumer._coordinator  # noqa: SLF001 - see `generation_of`
    if coordinator is None or coordinator.coordinator_id is None:
        raise GroupCoordinatorNotAvailableError("the group's coordinator is not known")
    request = LeaveGroupRequest(coordinator.group_id, member)
    # While this member is not joining, use the open connection of the heartbeats: opening another
    # one takes time, above all with TLS.
    is_joining = coordinator._performed_join_prepare  # noqa: SLF001
    group = _CONNECTION if is_joining else ConnectionGroup.COORDINATION
    async with asyncio.timeout(seconds):
        answer = await consumer._client.send(  # noqa: SLF001
            coordinator.coordinator_id, request, group=group
        )
    error = for_code(answer.error_code)
    if error is UnknownMemberIdError:
        return False
    if answer.error_code:
        raise error(f"the coordinator's answer to the removal of {member}")
    return True
