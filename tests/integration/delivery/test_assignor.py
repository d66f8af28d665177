"""Our assignor in a group on real Kafka: all agree on who owns what, and little moves."""

from collections import Counter
from collections.abc import Iterable
from contextlib import AsyncExitStack

from aiokafka.coordinator.protocol import ConsumerProtocolMemberMetadata

from delivery.consume.assignor import StickyAssignor
from delivery.core.ownership import Ownership
from tests.integration.delivery.groups import PARTITIONS, Group, Member

_A, _B, _C = "http://127.0.0.1:8101", "http://127.0.0.1:8102", "http://127.0.0.1:8103"


class _Garbled(StickyAssignor):
    """Sends what nobody can read, as another program in our group might."""

    def metadata(self, topics: Iterable[str]) -> ConsumerProtocolMemberMetadata:
        return ConsumerProtocolMemberMetadata(0, list(topics), b'\xff{"v":')


def _moved(before: Ownership, after: Ownership) -> int:
    return sum(old != new for old, new in zip(before.owners, after.owners, strict=True))


def _sizes(ownership: Ownership) -> list[int]:
    return sorted(Counter(ownership.owners).values())


def _check(ownership: Ownership, *members: Member) -> None:
    for member in members:
        owned = {n for n in range(PARTITIONS) if ownership.owner_of(n) == member.address}
        assert member.share == owned, "the map says what each was given"


async def test_joins_and_leaves_move_only_what_must(group: Group) -> None:
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

        theirs = len(b.share)
        await leave.aclose()
        left = await group.agreed(a, c, since=three.generation)
        _check(left, a, c)
        assert (_moved(three, left), _sizes(left)) == (theirs, [3, 4])
        assert alone.generation < two.generation < three.generation < left.generation


async def test_the_leaders_leaving_moves_only_what_it_had(group: Group) -> None:
    async with AsyncExitStack() as stay:
        async with group.joined(_A) as first:
            await group.agreed(first)
            b = await stay.enter_async_context(group.joined(_B))
            await group.agreed(first, b)
            c = await stay.enter_async_context(group.joined(_C))
            three = await group.agreed(first, b, c)
            theirs = len(first.share)
        left = await group.agreed(b, c, since=three.generation)
        assert (_moved(three, left), _sizes(left)) == (theirs, [3, 4])


async def test_a_member_that_says_garbage_gets_nothing_and_harms_nobody(group: Group) -> None:
    async with group.joined(_A) as a:
        alone = await group.agreed(a)
        async with group.joined("http://nowhere", _Garbled) as garbled:
            both = await group.agreed(a, garbled, since=alone.generation)
    assert both.owners == (_A,) * PARTITIONS
    assert garbled.share == frozenset()


async def test_a_leader_that_says_garbage_consumes_until_another_can(group: Group) -> None:
    """Who is in the group first leads it."""
    async with group.joined("http://nowhere", _Garbled) as garbled:
        assert (await group.agreed(garbled)).owners == ("",) * PARTITIONS
        async with group.joined(_A) as a:
            assert (await group.agreed(a, garbled)).owners == (_A,) * PARTITIONS
    assert garbled.share == frozenset()
