"""The edge, with links and sockets that only write down what they are asked for."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from types import SimpleNamespace as Namespace
from typing import cast

import pytest

from delivery.core.decisions import Event
from delivery.core.ownership import Ownership
from delivery.core.record import Entry
from delivery.core.subscription_set import Subscription
from delivery.settle.delivered import DeliveredWriter
from delivery.sockets import edge as module
from delivery.sockets.edge import Edge
from delivery.sockets.outgoing import Outgoing
from producer_api.contract.partitioning import partition_of

_A, _B = "http://a:1", "http://b:1"
#: A user of each of two partitions.
_USERS = [
    next(user for user in map(str, range(100)) if partition_of(user, 2) == number)
    for number in (0, 1)
]
_ANA, _BEN = _USERS


class _Link:
    """One owner: what is subscribed there, and all that it was told."""

    def __init__(self, diary: list[str]) -> None:
        self._diary = diary
        self.is_up = True
        self.subscribed: dict[str, str] = {}
        self.generation = 0
        self.stated = 0
        self.added: list[str] = []

    def state(self, generation: int, subscriptions: Sequence[Subscription]) -> None:
        self.generation = generation
        self.subscribed = {one.socket: one.user for one in subscriptions}
        self.stated += 1

    def add(self, generation: int, subscription: Subscription) -> None:
        self.generation = generation
        self.subscribed[subscription.socket] = subscription.user
        self.added.append(subscription.socket)

    def remove(self, socket: str, then: Callable[[], None]) -> None:
        self.subscribed.pop(socket, None)
        self._diary.append(f"unsubscribed {socket}")
        then()


class _Links:
    def __init__(self, diary: list[str]) -> None:
        self._diary = diary
        self.all: dict[str, _Link] = {}

    def to(self, address: str) -> _Link:
        if address not in self.all:
            self.all[address] = _Link(self._diary)
        return self.all[address]

    def only(self, addresses: set[str]) -> None:
        self.all = {name: link for name, link in self.all.items() if name in addresses}


class _Recorder:
    """What is sent to sockets, and which are closed; they acknowledge when the test does."""

    def __init__(self, diary: list[str]) -> None:
        self._diary = diary
        self.sent: list[tuple[str, list[str]]] = []
        self.acks: list[Callable[[], None]] = []
        self.closed: list[str] = []

    def push(self, socket: str, event: Event, acked: Callable[[], None]) -> None:
        self.sent.append((socket, event.ids))
        self.acks.append(acked)

    def close(self, socket: str) -> None:
        self.closed.append(socket)
        self._diary.append(f"closed {socket}")


class _Rig:
    """An edge with a socket of each of two users, and two owners of a partition each."""

    def __init__(self) -> None:
        self.diary: list[str] = []
        self.links = _Links(self.diary)
        self.outgoing = _Recorder(self.diary)
        self.written: list[str] = []
        writer = cast(DeliveredWriter, Namespace(add=self._write))
        self.edge = Edge(cast(Outgoing, self.outgoing), writer)
        self.edge.links = self.links
        self.edge.adopt(Ownership(1, (_A, _B)))
        self.join("of ana", _ANA)
        self.join("of ben", _BEN)

    def _write(self, ids: list[str], then: Callable[[], None]) -> None:
        self.written += ids
        then()

    def join(self, socket: str, user: str) -> None:
        """A client is connected."""
        self.edge.joined(socket, user, partial(self.outgoing.close, socket))

    def push(self, *ids: str, socket: str = "of ana", again: bool = False) -> "_Ack":
        """An owner pushes that; the answer tells whether it was told of the acknowledgement."""
        ack = _Ack()
        self.edge.push(socket, _event(*ids), ack.count, again=again)
        return ack


class _Ack:
    def __init__(self) -> None:
        self.times = 0

    def count(self) -> None:
        self.times += 1


def _event(*ids: str) -> Event:
    return Event(1, [Entry(name, b"{}", None) for name in ids])


# ── whom it subscribes where ───────────────────────────────────────────────────────────────────


def test_a_socket_is_subscribed_at_the_owner_of_its_users_partition() -> None:
    rig = _Rig()
    assert rig.links.to(_A).subscribed == {"of ana": _ANA}
    assert rig.links.to(_B).subscribed == {"of ben": _BEN}
    rig.edge.left("of ana")
    assert rig.links.to(_A).subscribed == {}
    rig.edge.left("of ana")


def test_a_new_map_has_everything_stated_where_it_belongs_now() -> None:
    rig = _Rig()
    rig.edge.adopt(Ownership(2, (_B, _A)))
    assert rig.links.to(_A).subscribed == {"of ben": _BEN}
    assert rig.links.to(_B).subscribed == {"of ana": _ANA}
    rig.edge.adopt(Ownership(3, (_B, _B)))
    assert rig.links.all.keys() == {_B}, "the link to who owns nothing is closed"
    assert rig.links.to(_B).subscribed == {"of ana": _ANA, "of ben": _BEN}
    assert rig.links.to(_B).generation == 3


def test_an_owner_of_nobody_here_is_told_so() -> None:
    rig = _Rig()
    rig.edge.left("of ben")
    rig.edge.adopt(Ownership(2, (_A, _B)))
    assert rig.links.to(_B).stated == 2, "what it had of an earlier generation ends by that"
    assert rig.links.to(_B).subscribed == {}


def test_a_partition_without_a_known_owner_leaves_its_users_alone() -> None:
    rig = _Rig()
    rig.edge.adopt(Ownership(2, (_A, "")))
    rig.join("later", _BEN)
    rig.edge.left("of ben")
    assert rig.links.all.keys() == {_A}
    assert rig.links.to(_A).subscribed == {"of ana": _ANA}


@pytest.mark.parametrize("owners", [(), (_B,), (_B, _B, _B)])
def test_a_map_of_another_number_of_partitions_is_none_of_ours(owners: tuple[str, ...]) -> None:
    rig = _Rig()
    rig.edge.adopt(Ownership(2, owners))
    assert rig.edge.ownership == Ownership(1, (_A, _B))
    assert rig.links.to(_A).subscribed == {"of ana": _ANA}


async def test_whoever_refuses_with_a_newer_map_is_believed() -> None:
    rig = _Rig()
    newer = Ownership(2, (_B, _B))
    rig.edge.refused(["of ana"], newer)
    assert rig.edge.ownership == newer
    assert rig.links.to(_B).subscribed == {"of ana": _ANA, "of ben": _BEN}


@pytest.mark.parametrize(
    "theirs",
    [
        Ownership(0, (_B, _B)),
        Ownership(1, (_B, _B)),
        Ownership(2, ()),  # newer, but of a leader that did not know the topic yet
    ],
)
async def test_whoever_refuses_with_no_newer_map_is_asked_again_after_a_pause(
    theirs: Ownership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PAUSE_SECONDS", 0.02)
    rig = _Rig()
    owner = rig.links.to(_A)
    owner.added.clear()
    rig.edge.refused(["of ana", "a stranger"], theirs)
    rig.edge.refused(["of ana"], theirs)
    await asyncio.sleep(0)
    assert rig.edge.ownership.generation == 1
    assert owner.added == []
    await asyncio.sleep(0.1)
    assert owner.added == ["of ana"], "once, however often it was refused"


async def test_a_refused_socket_that_has_left_is_not_subscribed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_PAUSE_SECONDS", 0)
    rig = _Rig()
    rig.edge.refused(["of ana"], Ownership(1, ()))
    rig.edge.left("of ana")
    await asyncio.sleep(0.02)
    assert rig.links.to(_A).subscribed == {}


def test_acks_that_may_have_died_with_the_link_are_written_here() -> None:
    rig = _Rig()
    for link_is_up, written in ((True, []), (False, ["2"])):
        rig.join("another", _ANA)
        name = "1" if link_is_up else "2"
        rig.push(name, socket="another")
        rig.outgoing.acks[-1]()
        rig.links.to(_A).is_up = link_is_up
        rig.edge.left("another")
        assert rig.written == written


# ── whom nobody serves ─────────────────────────────────────────────────────────────────────────


class _Clock:
    """Says what time it is, to an edge that looks at it all the time."""

    def __init__(self, rig: _Rig) -> None:
        self._rig = rig
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    async def forward(self, seconds: float) -> list[str]:
        """Let that pass, and the edge look; whom it has closed."""
        self.now += seconds
        for _ in range(3):
            await asyncio.sleep(0)
        return self._rig.outgoing.closed


@asynccontextmanager
async def _looking(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[_Rig, _Clock]]:
    rig = _Rig()
    clock = _Clock(rig)
    monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr(module, "_LOOK_SECONDS", 0)
    for socket, user in (("of ana", _ANA), ("of ben", _BEN)):
        rig.join(socket, user)  # by this clock
    task = asyncio.create_task(rig.edge.run())
    yield rig, clock
    task.cancel()
    await asyncio.wait((task,))


async def test_a_socket_whose_link_stays_down_goes_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with _looking(monkeypatch) as (rig, clock):
        assert await clock.forward(100) == [], "those who are served stay"
        rig.links.to(_A).is_up = False
        assert await clock.forward(module._PATIENCE_SECONDS) == []
        assert await clock.forward(0.1) == ["of ana"]
        assert await clock.forward(module._PATIENCE_SECONDS * 2) == ["of ana"], "once is enough"


async def test_a_link_that_is_back_in_time_takes_the_patience_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with _looking(monkeypatch) as (rig, clock):
        for _ in range(4):
            rig.links.to(_A).is_up = False
            await clock.forward(module._PATIENCE_SECONDS - 1)
            rig.links.to(_A).is_up = True
            assert await clock.forward(1) == []


async def test_a_socket_that_is_refused_all_the_time_goes_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_PAUSE_SECONDS", 60)
    async with _looking(monkeypatch) as (rig, clock):
        rig.edge.refused(["of ana"], Ownership(1, ()))
        assert await clock.forward(module._PATIENCE_SECONDS + 1) == ["of ana"]


async def test_a_socket_whose_partition_has_no_known_owner_goes_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with _looking(monkeypatch) as (rig, clock):
        rig.edge.adopt(Ownership(2, (_A, "")))
        assert await clock.forward(module._PATIENCE_SECONDS + 1) == ["of ben"]


# ── what owners push ───────────────────────────────────────────────────────────────────────────


def test_a_push_goes_to_its_socket_and_the_owner_hears_of_the_ack() -> None:
    rig = _Rig()
    ack = rig.push("1", "2")
    assert rig.outgoing.sent == [("of ana", ["1", "2"])]
    assert ack.times == 0
    rig.outgoing.acks[0]()
    rig.outgoing.acks[0]()
    assert ack.times == 1


def test_a_push_that_joins_is_not_sent_and_all_owners_that_wait_hear_of_the_ack() -> None:
    rig = _Rig()
    acks = [rig.push("1", "2"), rig.push("1", "2"), rig.push("2", "3")]
    assert rig.outgoing.sent == [("of ana", ["1", "2"]), ("of ana", ["3"])]
    rig.outgoing.acks[0]()
    assert [ack.times for ack in acks] == [1, 1, 0]
    rig.outgoing.acks[1]()
    assert [ack.times for ack in acks] == [1, 1, 1]


def test_a_push_again_is_sent_whole() -> None:
    rig = _Rig()
    acks = [rig.push("1", "2"), rig.push("1", "2", again=True)]
    assert rig.outgoing.sent == [("of ana", ["1", "2"])] * 2
    rig.outgoing.acks[1]()
    assert [ack.times for ack in acks] == [1, 1]


async def test_what_the_socket_has_already_is_acked_but_not_at_once() -> None:
    rig = _Rig()
    rig.push("1")
    rig.outgoing.acks[0]()
    ack = rig.push("1")
    assert ack.times == 0, "the owner is in the midst of carrying out the push"
    await asyncio.sleep(0)
    assert ack.times == 1
    assert len(rig.outgoing.sent) == 1


def test_an_ack_may_bring_the_next_push_and_that_goes_out() -> None:
    rig = _Rig()

    def acked() -> None:
        rig.push("2")

    rig.edge.push("of ana", _event("1"), acked, again=False)
    rig.outgoing.acks[0]()
    assert rig.outgoing.sent == [("of ana", ["1"]), ("of ana", ["2"])]


def test_what_is_pushed_to_a_socket_that_is_gone_goes_nowhere() -> None:
    rig = _Rig()
    ack = rig.push("1")
    rig.edge.left("of ana")
    rig.push("2")
    rig.outgoing.acks[0]()  # on its way as the socket went
    assert ack.times == 0
    assert len(rig.outgoing.sent) == 1


# ── going elsewhere ────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def _draining(rig: _Rig, seconds: float) -> AsyncIterator[asyncio.Task[None]]:
    """Until the test is done with it; every socket has been asked to leave, as far as it is."""
    task = asyncio.create_task(rig.edge.drain(seconds))
    async with asyncio.timeout(10):
        while len(rig.edge._leaving) < len(rig.edge._sockets):  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        yield task
        await task


async def test_a_quiet_socket_parts_at_once_and_unsubscribed_first() -> None:
    rig = _Rig()
    async with _draining(rig, 60):
        assert rig.diary == [
            "unsubscribed of ana",
            "closed of ana",
            "unsubscribed of ben",
            "closed of ben",
        ]
        rig.edge.left("of ana")
        rig.edge.left("of ben")


async def test_a_socket_parts_only_once_it_has_acked_what_it_was_sent() -> None:
    rig = _Rig()
    ack = rig.push("1")
    async with _draining(rig, 60) as draining:
        assert rig.outgoing.closed == ["of ben"]
        rig.edge.left("of ben")
        late, joining = rig.push("2"), rig.push("1")
        assert len(rig.outgoing.sent) == 1, "no more is sent to a socket that leaves"
        rig.outgoing.acks[0]()
        assert (ack.times, late.times, joining.times) == (1, 0, 1)
        assert rig.diary[-2:] == ["unsubscribed of ana", "closed of ana"]
        await asyncio.sleep(0.02)
        assert not draining.done(), "it is not gone yet"
        rig.edge.left("of ana")


async def test_a_silent_socket_parts_when_the_time_is_over() -> None:
    rig = _Rig()
    rig.push("1")
    async with _draining(rig, 0.1):
        rig.edge.left("of ben")
    assert rig.outgoing.closed[-1] == "of ana"


async def test_without_time_all_part_at_once() -> None:
    rig = _Rig()
    rig.push("1")
    async with asyncio.timeout(10):
        await rig.edge.drain(0)
    assert set(rig.outgoing.closed) == {"of ana", "of ben"}


async def test_nobody_here_is_drained_at_once() -> None:
    rig = _Rig()
    rig.edge.left("of ana")
    rig.edge.left("of ben")
    async with asyncio.timeout(10):
        await rig.edge.drain(100)


async def test_a_leaving_socket_that_was_refused_is_not_subscribed_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_PAUSE_SECONDS", 0)
    rig = _Rig()
    rig.push("1")
    async with _draining(rig, 60):
        rig.links.to(_A).added.clear()
        rig.edge.refused(["of ana"], Ownership(1, ()))
        await asyncio.sleep(0.02)
        assert rig.links.to(_A).added == []
        rig.edge.left("of ana")
        rig.edge.left("of ben")


async def test_sockets_are_spread_over_the_first_half_of_the_time() -> None:
    rig = _Rig()
    for number in range(38):
        rig.join(f"s{number}", _ANA)
    begin = asyncio.get_running_loop().time()
    async with _draining(rig, 1):
        assert asyncio.get_running_loop().time() - begin > 0.4
        for socket in list(rig.edge._sockets):
            rig.edge.left(socket)
