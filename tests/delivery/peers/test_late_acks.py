"""Every ack that the edge gets is written, by the owner or by the edge."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from delivery.core.forwarded_acks import ForwardedAcks
from delivery.core.ownership import Ownership
from delivery.peers import peer_link
from tests.delivery.peers.pair import EdgeSide, OwnerSide, entry, soon, until
from tests.delivery.peers.relay import Relay

pytestmark = pytest.mark.usefixtures("quick")


@dataclass
class _Pushed:
    """An owner and an edge, whose only socket `s1` has been sent the notification `1`."""

    owner: OwnerSide
    edge: EdgeSide
    relay: Relay
    link: asyncio.Task[None]
    ack: Callable[[], None]

    async def end_link(self) -> None:
        """End the link permanently."""
        self.link.cancel()
        await asyncio.wait((self.link,))


@asynccontextmanager
async def _pushed(ports: Iterator[int]) -> AsyncIterator[_Pushed]:
    port = next(ports)
    relay = Relay(next(ports), port)
    owner = OwnerSide(port, relay.address)
    edge = EdgeSide(relay.address)
    edge.join("s1", "ana")
    async with owner.serving(), relay.running(), edge.linked() as link:
        _, answer = await soon(owner.questions)
        answer([entry("1")])
        _, _, ack = await soon(edge.outgoing.pushed)
        yield _Pushed(owner, edge, relay, link, ack)


async def test_an_ack_for_a_former_owner_is_written_by_the_edge_at_once(
    ports: Iterator[int],
) -> None:
    async with _pushed(ports) as pushed:
        pushed.edge.link.subscribe_only(2, ())  # the partition has moved to another instance
        pushed.ack()
        assert pushed.edge.written == ["1"]


async def test_an_ack_while_the_link_is_down_is_written_by_the_edge_at_once(
    ports: Iterator[int],
) -> None:
    async with _pushed(ports) as pushed:
        await pushed.end_link()
        pushed.ack()
        assert pushed.edge.written == ["1"]
        pushed.edge.edge.left("s1")
        assert pushed.edge.written == ["1"], "the ack is written once"


async def test_an_ack_for_an_owner_that_refuses_the_socket_is_written_by_the_edge(
    ports: Iterator[int],
) -> None:
    async with _pushed(ports) as pushed:
        pushed.edge.link._note_refused(["s1"])
        pushed.ack()
        assert pushed.edge.written == ["1"]


async def test_an_ack_after_the_end_of_its_subscription_is_written_by_the_edge(
    ports: Iterator[int],
) -> None:
    async with _pushed(ports) as pushed:
        await pushed.edge.edge.drain(0)
        pushed.ack()
        assert pushed.edge.written == ["1"]
    async with _pushed(ports) as pushed:
        pushed.edge.edge.left("s1")
        pushed.ack()
        assert pushed.edge.written == ["1"]


async def test_an_ack_that_is_lost_with_its_link_is_written_when_the_client_has_gone(
    ports: Iterator[int],
) -> None:
    async with _pushed(ports) as pushed:
        pushed.relay.cut("to_owner")
        pushed.ack()
        assert pushed.edge.written == [], "the link seems to be up"
        pushed.edge.edge.left("s1")
        await until(lambda: pushed.edge.written == ["1"])
    async with _pushed(ports) as pushed:
        pushed.relay.cut("to_owner")
        pushed.ack()
        await pushed.end_link()
        pushed.edge.edge.left("s1")
        assert pushed.edge.written == ["1"]


async def test_an_ack_to_a_former_owner_is_written_if_the_client_leaves_before_the_new_one_pushes(
    ports: Iterator[int],
) -> None:
    async with _pushed(ports) as pushed:
        pushed.relay.cut("to_owner")
        pushed.ack()
        await pushed.end_link()
        pushed.edge.map.adopt(Ownership(2, (pushed.owner.address,)))
        async with pushed.edge.linked():
            await until(lambda: pushed.edge.link.is_up)
            pushed.edge.edge.left("s1")
            assert pushed.edge.written == ["1"]


async def test_an_ack_that_its_owner_knows_is_not_written_by_the_edge(
    ports: Iterator[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _pushed(ports) as pushed:
        pushed.ack()
        assert await soon(pushed.owner.written) == ["1"]
        pushed.edge.edge.left("s1")
        await until(lambda: not pushed.owner.connections())
        assert pushed.edge.written == []
    monkeypatch.setattr(peer_link, "_WRITTEN_AFTER_SECONDS", 0.0)
    async with _pushed(ports) as pushed:
        pushed.ack()
        await until(lambda: all(acks and acks.are_written for acks in _forwarded(pushed.edge)))
        await pushed.end_link()
        pushed.edge.edge.left("s1")
        assert pushed.edge.written == [], "the owner has had time enough to write it"


def _forwarded(edge: EdgeSide) -> list[ForwardedAcks | None]:
    return [*edge.edge._pushes._sockets["s1"].core.forwarded.values()]
