"""A link between two instances, from dialling to its end, over loopback."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress

import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from delivery.core.ownership import Ownership
from delivery.core.subscription_set import Subscription
from delivery.peers import accept
from delivery.peers.credentials import Credentials
from delivery.peers.dial import PATH, _peer_url
from delivery.peers.frames import encode
from delivery.peers.messages import Beat, Refused, Subscribe, Tell
from tests.delivery.peers.pair import SECRET, EdgeSide, OwnerSide, entry, soon, until
from tests.delivery.peers.relay import Relay


async def test_a_notification_goes_over_the_link_and_its_ack_comes_back(
    owner: OwnerSide, edge: EdgeSide
) -> None:
    async with edge.linked():
        edge.join("s1", "ana")
        user, answer = await soon(owner.questions)
        assert user == "ana"
        answer([entry("1"), entry("2")])
        socket, event, acked = await soon(edge.outgoing.pushed)
        assert (socket, event.ids) == ("s1", ["1", "2"])
        assert [item.value for item in event.items] == [entry("1").value, entry("2").value]
        assert owner.written.empty()
        acked()
        assert await soon(owner.written) == ["1", "2"]


async def test_what_an_owner_says_of_a_socket_and_a_user_is_carried_out(
    owner: OwnerSide, edge: EdgeSide
) -> None:
    async with edge.linked():
        edge.join("s1", "ana")
        await until(owner.connections)
        (connection,) = owner.connections()
        owner.owner.tell(0, "ana", b'{"changed":[]}')
        owner.routes.disconnect(connection)
        await until(lambda: edge.outgoing.disconnected)
    assert edge.outgoing.told == [("ana", b'{"changed":[]}')]
    assert edge.outgoing.disconnected == ["s1"]


async def test_an_owner_that_tells_a_lot_is_not_heard_faster_than_it_is_told(
    owner: OwnerSide, edge: EdgeSide
) -> None:
    async with edge.linked():
        edge.join("s1", "ana")
        await until(owner.connections)
        edge.outgoing.is_short.clear()
        for number in (b"1", b"2", b"3"):
            owner.owner.tell(0, "ana", number)
            await asyncio.sleep(0.05)  # a frame each
        assert len(edge.outgoing.told) <= 1
        edge.outgoing.is_short.set()
        await until(lambda: len(edge.outgoing.told) == 3)


@pytest.mark.usefixtures("beatless")
async def test_a_socket_that_leaves_is_unsubscribed(owner: OwnerSide, edge: EdgeSide) -> None:
    async with edge.linked():
        for socket in ("s1", "s2"):
            edge.join(socket, "ana")
        await until(lambda: len(owner.connections()) == 2)
        edge.edge.left("s1")
        await until(lambda: len(owner.connections()) == 1)
        assert owner.connections().pop().endswith("/s2")


@pytest.mark.usefixtures("beatless")
async def test_any_number_of_sockets_is_stated_in_parts(owner: OwnerSide, edge: EdgeSide) -> None:
    for number in range(205):
        edge.join(f"s{number}", "ana")
    async with edge.linked():
        await until(lambda: len(owner.connections()) == 205)
        assert owner.sessions[0]._subscriptions.digest == edge.link._wanted.digest


@pytest.mark.usefixtures("quick")
async def test_when_the_link_is_down_nobody_is_subscribed_and_then_everybody_is_again(
    ports: Iterator[int],
) -> None:
    owner = OwnerSide(next(ports))
    edge = EdgeSide(owner.address)
    edge.join("s1", "ana")
    async with edge.linked():
        async with owner.serving():
            _, answer = await soon(owner.questions)
            answer([entry("1")])
            await soon(edge.outgoing.pushed)
            assert edge.link.is_up
        await until(lambda: not owner.connections())
        await until(lambda: not edge.link.is_up)
        assert not owner.sessions
        edge.join("s2", "ana")
        async with owner.serving():
            await until(lambda: len(owner.connections()) == 2)
            assert (await soon(owner.questions))[0] == "ana", "subscribing is catching up"


@pytest.mark.usefixtures("beatless")
async def test_a_socket_is_sent_away_once_its_owner_has_heard_of_its_end(
    owner: OwnerSide, edge: EdgeSide
) -> None:
    known_at_close: list[set[str]] = []
    edge.join("s1", "ana", lambda: known_at_close.append(owner.connections()))
    async with edge.linked():
        await until(owner.connections)
        await edge.edge.drain(0)
        await until(lambda: known_at_close)
    assert known_at_close == [set()]


@pytest.mark.usefixtures("quick")
async def test_a_socket_is_sent_away_all_the_same_when_its_owner_is_out_of_reach(
    ports: Iterator[int],
) -> None:
    port = next(ports)
    relay = Relay(next(ports), port)
    owner = OwnerSide(port, relay.address)
    edge = EdgeSide(relay.address)
    closed = asyncio.Event()
    edge.join("s1", "ana", closed.set)
    async with owner.serving(), relay.running(), edge.linked():
        await until(owner.connections)
        relay.cut("to_owner")
        await edge.edge.drain(0)
        assert not closed.is_set(), "the owner may yet hear of it"
        async with asyncio.timeout(10):
            await closed.wait()


@pytest.mark.parametrize("directions", [("to_owner",), ("to_edge",), ("to_owner", "to_edge")])
@pytest.mark.usefixtures("quick")
async def test_silence_in_either_direction_ends_the_link_on_both_sides(
    directions: tuple[str, ...], ports: Iterator[int]
) -> None:
    port = next(ports)
    relay = Relay(next(ports), port)
    owner = OwnerSide(port, relay.address)
    edge = EdgeSide(relay.address)
    edge.join("s1", "ana")
    async with owner.serving(), relay.running(), edge.linked():
        await until(owner.connections)
        before = owner.sessions
        relay.cut(*directions)
        await until(lambda: owner.sessions and owner.sessions != before)
        assert before[0] not in owner.sessions
        await until(lambda: len(owner.connections()) == 1)
        await until(lambda: edge.link.is_up)


@pytest.mark.usefixtures("quick")
async def test_a_peer_that_falls_silent_has_lost_its_link(owner: OwnerSide) -> None:
    async with _dialled(owner) as socket:
        await socket.send(encode(Subscribe(1, [Subscription("s1", "ana")])))
        await until(owner.connections)
        assert await _closing(socket) == 1000
    assert not owner.connections()


@pytest.mark.usefixtures("quick")
async def test_a_link_that_only_beats_is_not_silent(owner: OwnerSide, edge: EdgeSide) -> None:
    async with edge.linked():
        await until(lambda: owner.sessions)
        before = owner.sessions
        await asyncio.sleep(1)  # two and a half silences
        assert owner.sessions == before
        assert edge.link.is_up


@pytest.mark.usefixtures("quick")
async def test_a_loss_is_found_out_by_the_next_beat(owner: OwnerSide, edge: EdgeSide) -> None:
    async with edge.linked():
        edge.join("s1", "ana")
        _, answer = await soon(owner.questions)
        answer([])
        (session,) = owner.sessions
        session._subscriptions.remove(("s1",))
        await soon(owner.questions)
        assert len(owner.connections()) == 1
        session._subscriptions.add(1, [Subscription("of nobody", "ana")])
        await until(lambda: len(owner.connections()) == 1)


@pytest.mark.usefixtures("quick")
async def test_an_edge_that_missed_a_map_hears_of_it_by_the_next_beat(
    owner: OwnerSide, edge: EdgeSide
) -> None:
    async with edge.linked():
        edge.join("s1", "ana")
        await until(owner.connections)
        owner.adopt(5)
        await until(lambda: edge.edge.ownership.generation == 5)
        assert len(owner.connections()) == 1


async def test_whose_partition_went_elsewhere_is_refused_with_the_map(
    owner: OwnerSide, edge: EdgeSide
) -> None:
    newer = Ownership(2, ("http://elsewhere:1",))
    owner.subscribers.adopt(newer, ())
    edge.join("s1", "ana")
    async with edge.linked():
        await until(lambda: edge.edge.ownership == newer)
        assert not owner.connections()


# ── who is let in ──────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def _dialled(owner: OwnerSide, instance: str = "the edge") -> AsyncIterator[ClientConnection]:
    """A peer that does as the test does; the link is up, and nothing has been said."""
    async with connect(_url(owner), proxy=None) as socket:
        credentials = Credentials("http://edge:1", instance, SECRET)
        await credentials.dial(owner.address, socket.send, socket.recv)
        yield socket


def _url(owner: OwnerSide) -> str:
    return owner.address.replace("http", "ws") + PATH


async def _closing(socket: ClientConnection) -> int | None:
    """The code with which the other side closes, after whatever it says before."""
    async with asyncio.timeout(10):
        with suppress(ConnectionClosed):
            while True:
                await socket.recv()
    return socket.close_code


@pytest.mark.usefixtures("quick")
async def test_who_does_not_know_the_secret_is_not_let_in(owner: OwnerSide) -> None:
    stranger = EdgeSide(owner.address, secret=b"another")
    stranger.join("s1", "ana")
    async with stranger.linked():
        async with connect(_url(owner), proxy=None) as socket:
            await socket.recv()
            await socket.send(orjson.dumps({"token": "a shopper's"}).decode())
            assert await _closing(socket) == 4401
        async with connect(_url(owner), proxy=None) as socket:
            await socket.send(encode(Subscribe(1, [Subscription("s1", "ana")])))
            assert await _closing(socket) == 4401
    assert not stranger.link.is_up
    assert not owner.connections()
    assert not owner.sessions


async def test_who_says_nothing_is_not_waited_for(
    owner: OwnerSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accept, "_HANDSHAKE_SECONDS", 0.05)
    async with connect(_url(owner), proxy=None) as socket:
        assert await _closing(socket) == 4401


async def test_a_second_link_of_the_same_process_replaces_the_first(owner: OwnerSide) -> None:
    subscribe = encode(Subscribe(1, [Subscription("s1", "ana")]))
    async with _dialled(owner) as first:
        await first.send(subscribe)
        await until(owner.connections)
        async with _dialled(owner) as second:
            assert await _closing(first) == 4409
            await until(lambda: len(owner.sessions) == 1)
            assert not owner.connections()
            await second.send(subscribe)
            await until(owner.connections)


async def test_links_of_different_processes_live_side_by_side(owner: OwnerSide) -> None:
    async with _dialled(owner, "one process") as one, _dialled(owner, "another") as other:
        for socket in (one, other):
            await socket.send(encode(Subscribe(1, [Subscription("s1", "ana")])))
        await until(lambda: len(owner.connections()) == 2)


# ── who does not keep to it ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("said", [b"\0", b"\0\0\0\2\0\0\0\0{}", "text"])
async def test_a_peer_that_says_what_none_says_has_lost_its_link(
    owner: OwnerSide, said: bytes | str
) -> None:
    async with _dialled(owner) as socket:
        await socket.send(encode(Subscribe(1, [Subscription("s1", "ana")])))
        await until(owner.connections)
        await socket.send(said)
        assert await _closing(socket) == 1002
    assert not owner.connections()
    assert not owner.sessions


async def test_what_only_an_owner_says_means_nothing_to_an_owner(owner: OwnerSide) -> None:
    async with _dialled(owner) as socket:
        await socket.send(encode(Refused(["s1"], Ownership(9, ()))))
        await socket.send(encode(Subscribe(1, [Subscription("s1", "ana")])))
        await until(owner.connections)
    assert owner.subscribers.ownership.generation == 1


@asynccontextmanager
async def _bad_owner(port: int, says: bytes | str) -> AsyncIterator[asyncio.Queue[str]]:
    """It proves that it is a peer, and then says that; tells of each link."""
    links: asyncio.Queue[str] = asyncio.Queue(1_000)
    credentials = Credentials(f"http://127.0.0.1:{port}", "a bad owner", SECRET)

    async def accepts(socket: ServerConnection) -> None:
        peer = await credentials.accept(socket.send, socket.recv)
        links.put_nowait(peer.instance)
        await socket.send(says)
        await socket.wait_closed()

    async with serve(accepts, "127.0.0.1", port):
        yield links


@pytest.mark.parametrize(
    "says", [b"\0", b"\0\0\0\2\0\0\0\0{}", encode(Tell("ana", b"x" * 9_000_000))]
)
@pytest.mark.usefixtures("quick")
async def test_an_owner_that_says_what_none_says_is_dialled_anew(
    says: bytes, ports: Iterator[int]
) -> None:
    port = next(ports)
    edge = EdgeSide(f"http://127.0.0.1:{port}")
    async with _bad_owner(port, says) as links, edge.linked() as running:
        for _ in range(3):
            assert await soon(links) == "the edge"
        assert not running.done()
    assert not edge.outgoing.told


@pytest.mark.usefixtures("quick")
async def test_what_only_an_edge_says_means_nothing_to_an_edge(ports: Iterator[int]) -> None:
    port = next(ports)
    edge = EdgeSide(f"http://127.0.0.1:{port}")
    says = encode(Subscribe(1, [Subscription("s1", "ana")])) + encode(
        Beat(1, edge.link._wanted.digest)
    )
    async with _bad_owner(port, says) as links, edge.linked():
        await soon(links)
        await until(lambda: edge.link.is_up)
    assert not edge.link._wanted.users


@pytest.mark.parametrize(
    "address",
    ["http://[::1", "http://h:99999", "http://h:port", f"http://{'a' * 100}", "http://127.0.0.1:1"],
)
@pytest.mark.usefixtures("quick")
async def test_an_address_that_leads_nowhere_is_an_error_of_its_link_and_no_other(
    address: str, caplog: pytest.LogCaptureFixture
) -> None:
    edge = EdgeSide(address)
    async with edge.linked() as running:
        await until(lambda: caplog.records or running.done())
        assert not running.done()
        assert not edge.link.is_up


@pytest.mark.parametrize("path", ["", "/", "/behind/a/proxy/"])
def test_peers_are_found_below_the_advertised_path(path: str) -> None:
    assert _peer_url(f"https://host:1{path}") == f"wss://host:1{path.rstrip('/')}/peer"
