"""Who is in the group while it rebalances, when Kafka does not say it."""

import pytest

from delivery.tools.partition_status import GroupMembers
from deploy.console.watching import group
from deploy.console.watching.group import GroupLook

_ONE, _TWO, _THREE = (f"http://127.0.0.1:810{number}" for number in (1, 2, 3))


async def test_nobody_leaves_the_group_by_its_rebalancing(monkeypatch: pytest.MonkeyPatch) -> None:
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
    look = GroupLook({}, "delivery")
    monkeypatch.setattr(look, "_started", statuses_of)
    looks = [(await look.look({}))[1] for _ in range(3)]
    assert looks == [(_ONE, _TWO), (_ONE, _TWO), (_ONE, _THREE)]
