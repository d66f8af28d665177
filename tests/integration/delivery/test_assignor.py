"""Our assignor with a real Kafka: members agree on the map, and few partitions move."""

from collections import Counter
from collections.abc import Iterable
from contextlib import AsyncExitStack

from aiokafka.coordinator.protocol import ConsumerProtocolMemberMetadata

from delivery.consume.assignor import StickyAssignor
from delivery.core.ownership import Ownership
from tests.integration.delivery.groups import PARTITIONS, Group, Member

_A, _B, _C = "http://127.0.0.1:8101", "http://127.0.0.1:8102", "http://127.0.0.1:8103"


class _Garbled(StickyAssignor):
    """Sends user data that our assignor cannot read, as a foreign program in our group might."""

    def metadata(self, topics: Iterable[str]) -> ConsumerProtocolMemberMetadata:
        return ConsumerProtocolMemberMetadata(0, list(topics), b'\xff{"v":')


def _moved(before: Ownership, after: Ownership) -> int:
    return sum(old != new for old, new in zip(before.owners, after.owners, strict=True))


def _sizes(ownership: Ownership) -> list[int]:
    return sorted(Counter(ownership.owners).values())


def _check(ownership: Ownership, *members: Member) -> None:
    for member in members:
        owned = {n for n in range(PARTITIONS) if ownership.owner_of(n) == member.address}
        assert member.share == owned, "the map must agree with the assignment of each member"


async def test_joins_and_leaves_move_as_few_partitions_as_possible(group: Group) -> None:
    async with AsyncExitStack() as stay, AsyncExitStack() as leave:
        a = await stay.enter_async_context(group.joined(_A))
        alone = await group.agreed(a)
        assert alone.owners == (_A,) * PARTITIONS

        b = await leave.enter_async_context(group.joined(_B))
        two = await group.agreed(a, b)
        _check(two, a, b)
        assert (_moved(alone, two), _sizes(two)) == (3, [3, 4])

        c = await stay.enter_async_context(group.joined(_C))
        three = await group.agreed(a, b, c)
        _check(three, a, b, c)
        assert (_moved(two, three), _sizes(three)) == (2, [2, 2, 3])

        leaver_share = len(b.share)
        await leave.aclose()
        remaining = await group.agreed(a, c, since=three.generation)
        _check(remaining, a, c)
        assert (_moved(three, remaining), _sizes(remaining)) == (leaver_share, [3, 4])
        assert alone.generation < two.generation < three.generation < remaining.generation


async def test_when_the_leader_leaves_only_its_partitions_move(group: Group) -> None:
    async with AsyncExitStack() as stay:
        async with group.joined(_A) as first:
            await group.agreed(first)
            b = await stay.enter_async_context(group.joined(_B))
            await group.agreed(first, b)
            c = await stay.enter_async_context(group.joined(_C))
            three = await group.agreed(first, b, c)
            leaver_share = len(first.share)
        remaining = await group.agreed(b, c, since=three.generation)
        assert (_moved(three, remaining), _sizes(remaining)) == (leaver_share, [3, 4])


async def test_a_member_with_unreadable_data_gets_no_partitions_and_moves_none(
    group: Group,
) -> None:
    async with group.joined(_A) as a:
        alone = await group.agreed(a)
        async with group.joined("http://nowhere", _Garbled) as garbled:
            both = await group.agreed(a, garbled, since=alone.generation)
    assert both.owners == (_A,) * PARTITIONS
    assert garbled.share == frozenset()


async def test_a_leader_with_unreadable_data_consumes_until_another_member_can(
    group: Group,
) -> None:
    """The member with unreadable data is the leader, because it joins the group first."""
    async with group.joined("http://nowhere", _Garbled) as garbled:
        assert (await group.agreed(garbled)).owners == ("",) * PARTITIONS
        async with group.joined(_A) as a:
            assert (await group.agreed(a, garbled)).owners == (_A,) * PARTITIONS
    assert garbled.share == frozenset()
