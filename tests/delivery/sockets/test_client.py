"""The pushes of one session, over whichever transport."""

import pytest

from delivery import metrics
from delivery.sockets import client as module
from delivery.sockets.client import Client
from tests.delivery.sockets.served import until


class Session(Client):
    """A session that records what is sent."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.ends = 0
        super().__init__()

    has_ended = False

    def send(self, packet: bytes) -> None:
        self.sent.append(packet)

    def end(self) -> None:
        self.ends += 1


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
    session.acknowledge(900)
    session.acknowledge(901)
    session.acknowledge(1_000)
    assert acked == [901, 1_000]
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
