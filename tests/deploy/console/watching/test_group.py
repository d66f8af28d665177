"""Which instances count as members during a rebalance, while Kafka lists no members."""

import pytest

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
