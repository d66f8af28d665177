"""The pushes of one session, over either transport."""

import pytest

from delivery import metrics
from delivery.sockets import client as module
from delivery.sockets.client import Client
from tests.delivery.sockets.served import until

PER_SECOND = 10


class Session(Client):
    """A session that records what is sent."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.ends = 0
        super().__init__(PER_SECOND)

    has_ended = False

    def send(self, packet: bytes) -> None:
        self.sent.append(packet)

    def end(self) -> None:
        self.ends += 1

    def expel(self) -> None:
        self.sent.append(b"expelled")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_GRACE_SECONDS", 0.02)


async def test_a_push_is_an_event_with_its_own_ack_id() -> None:
    session, acked = Session(), list[str]()
    session.push(b'["n",1]', lambda: acked.append("a"))
    session.emit(b'["inbox",{}]')
    session.push(b'["n",2]', lambda: acked.append("b"))
    assert session.sent == [b'421["n",1]', b'42["inbox",{}]', b'422["n",2]']
    session.acknowledge(2)
    session.acknowledge(1)
    assert acked == ["b", "a"]
    session.forget()


async def test_unknown_and_repeated_acks_are_counted() -> None:
    session, acked = Session(), list[str]()
    session.push(b"[]", lambda: acked.append("a"))
    before = metrics.UNKNOWN_ACKS._value.get()
    for ack_id in (1, 1, 0, 2):
        session.acknowledge(ack_id)
    assert acked == ["a"]
    assert metrics.UNKNOWN_ACKS._value.get() == before + 3
    session.forget()


async def test_a_client_that_never_acks_costs_bounded_memory() -> None:
    session, acked = Session(), list[int]()
    for number in range(1, 1_001):
        session.push(b"[]", lambda number=number: acked.append(number))  # type: ignore[misc]
    assert len(session._pushes) == module._MAX_UNANSWERED_PUSHES
    session.acknowledge(500)
    session.acknowledge(501)
    session.acknowledge(1_000)
    assert acked == [501, 1_000]
    session.forget()
    assert not session._pushes


@pytest.mark.usefixtures("quick")
async def test_a_session_ends_once_after_its_grace_time_unless_it_is_occupied() -> None:
    empty, occupied, vacated, forgotten = (Session() for _ in range(4))
    occupied.occupied()
    vacated.occupied()
    vacated.vacated()
    vacated.vacated()
    forgotten.forget()
    await until(lambda: empty.ends and vacated.ends)
    assert [session.ends for session in (empty, occupied, vacated, forgotten)] == [1, 0, 1, 0]


async def test_a_client_that_sends_too_much_is_told_and_expelled_once() -> None:
    session, refunded = Session(), Session()
    for _ in range(10 * PER_SECOND):
        session.charge(10)
        refunded.charge(10)
        refunded.refund()
    assert session.has_flooded
    event, disconnect, end = session.sent
    assert b"too_many_packets" in event
    assert (disconnect, end) == (b"41", b"expelled")
    assert not refunded.has_flooded
    session.forget()
    refunded.forget()


async def test_long_packets_count_as_several() -> None:
    session = Session()
    for _ in range(PER_SECOND):
        session.charge(60_000)
    assert session.has_flooded
    session.forget()


async def test_acks_of_pushes_cost_nothing_and_unknown_ones_do() -> None:
    session = Session()
    for ack_id in range(1, 10 * PER_SECOND):
        session.push(b"[]", lambda: None)
        assert session.acknowledge(ack_id)
    assert b"expelled" not in session.sent
    for _ in range(10 * PER_SECOND):
        assert not session.acknowledge(1)
    assert session.has_flooded
    session.forget()
