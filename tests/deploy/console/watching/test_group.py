"""Which instances count as members: during a rebalance, and if members send unreadable bytes."""

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.coordinator.protocol import (
    ConsumerProtocolMemberAssignment,
    ConsumerProtocolMemberMetadata,
)
from aiokafka.errors import GroupLoadInProgressError, KafkaError, NotCoordinatorForGroupError

from delivery.core.assignor_messages import Claim, encode_claim, encode_owners
from delivery.tools.partition_status import GroupMembers
from deploy.console.watching import group
from deploy.console.watching.group import GroupReader

_ONE, _TWO, _THREE = (f"http://127.0.0.1:810{number}" for number in (1, 2, 3))


async def test_a_rebalance_alone_makes_nobody_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    said = iter(
        [
            GroupMembers((_ONE, _TWO), (_ONE, _TWO), are_all_known=True),
            GroupMembers((), (), are_all_known=False),
            GroupMembers((_ONE, _THREE), (_ONE, _THREE), are_all_known=True),
        ]
    )

    async def members_of(*_: object) -> GroupMembers:
        return next(said)

    async def statuses_of(*_: object) -> list[object]:
        return []

    monkeypatch.setattr(group, "members_of", members_of)
    monkeypatch.setattr(group, "statuses_of", statuses_of)
    reader = GroupReader({}, "delivery")
    monkeypatch.setattr(reader, "_started", statuses_of)
    addresses = [(await reader.read({}))[1] for _ in range(3)]
    assert addresses == [(_ONE, _TWO), (_ONE, _TWO), (_ONE, _THREE)]


class _Admin:
    """A client of a group with one instance, and with a member whose messages are unreadable.

    With an error code, the coordinator names no members.
    """

    def __init__(self, code: int = 0) -> None:
        self._code = code

    async def describe_consumer_groups(self, _groups: list[str]) -> list[Any]:
        claim = encode_claim(Claim(_ONE))
        metadata = ConsumerProtocolMemberMetadata(0, ["notifications"], claim).encode()
        owners = encode_owners([_ONE], [])
        assignment = ConsumerProtocolMemberAssignment(0, [("notifications", [0])], owners).encode()
        members = [("1", "", "", metadata, assignment), ("2", "", "", b"\0", b"\0\0\0")]
        group = (self._code, "delivery", "Stable", "consumer", "", [] if self._code else members)
        return [SimpleNamespace(groups=[group])]

    async def list_consumer_group_offsets(self, *_: object, **__: object) -> dict[object, object]:
        return {}

    async def close(self) -> None:
        pass


async def test_a_member_with_unreadable_messages_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def started() -> _Admin:
        return _Admin()

    reader = GroupReader({}, "delivery")
    monkeypatch.setattr(reader, "_started", started)
    assert await reader.read({}) == ([], (_ONE,), (_ONE,))


@pytest.mark.parametrize("error", [GroupLoadInProgressError, NotCoordinatorForGroupError])
async def test_nobody_leaves_while_the_coordinator_cannot_name_the_members(
    error: type[KafkaError], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def started() -> _Admin:
        return _Admin(error.errno)

    reader = GroupReader({}, "delivery")
    monkeypatch.setattr(reader, "_started", started)
    with pytest.raises(error):
        await reader.read({})
