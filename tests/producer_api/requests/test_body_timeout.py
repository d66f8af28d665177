"""The body of a request has a time limit. A body that has already arrived needs no timer."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from starlette.types import Message

from producer_api.problems.body_errors import BodyTooSlowError
from producer_api.requests.body_timeout import BodyTimeout

_LAST: Message = {"type": "http.request", "body": b"x", "more_body": False}
_FIRST: Message = {**_LAST, "more_body": True}
_GONE: Message = {"type": "http.disconnect"}
_Step = Callable[[], Awaitable[object]]


def _timers(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return a list that gets the time of each timer that is started from now on."""
    started: list[float] = []
    loop = asyncio.get_running_loop()
    call_at = loop.call_at

    def noted(when: float, *args: object, **options: object) -> asyncio.TimerHandle:
        started.append(when)
        return call_at(when, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(loop, "call_at", noted)
    return started


class _Messages:
    """At each call, awaits the functions up to the next message, and returns that message."""

    def __init__(self, *steps: _Step | Message) -> None:
        self._steps = list(steps)

    async def __call__(self) -> Message:
        while callable(step := self._steps.pop(0)):
            await step()
        return step


async def _briefly() -> None:
    await asyncio.sleep(0.02)


async def test_a_body_that_is_here_needs_no_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    timers = _timers(monkeypatch)
    receive = BodyTimeout(_Messages(_FIRST, _LAST, _GONE), 5)
    assert [await receive() for _ in range(3)] == [_FIRST, _LAST, _GONE]
    assert timers == []


async def test_a_body_that_arrives_in_time_is_received_in_any_number_of_steps() -> None:
    async def step() -> None:
        await asyncio.sleep(0)
        await asyncio.sleep(0.001)

    receive = BodyTimeout(_Messages(step, step, _FIRST, step, _LAST), 5)
    assert [await receive() for _ in range(2)] == [_FIRST, _LAST]


async def test_a_slow_body_is_refused_even_if_its_parts_are_quick() -> None:
    steps: list[_Step | Message] = [_briefly, _FIRST]
    receive = BodyTimeout(_Messages(*steps * 50), 0.05)

    async def whole() -> None:
        for _ in range(50):
            await receive()

    with pytest.raises(BodyTooSlowError, match=r"0\.05 seconds"):
        await whole()


async def test_waiting_for_the_disconnect_has_no_limit() -> None:
    receive = BodyTimeout(_Messages(_LAST, _briefly, _GONE), 0.01)
    assert [await receive() for _ in range(2)] == [_LAST, _GONE]


async def test_a_cancelled_request_stays_cancelled_and_its_receive_cleans_up() -> None:
    cleaned: list[str] = []

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append("up")

    waiting = asyncio.create_task(BodyTimeout(_Messages(waits, _LAST), 5)())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert cleaned == ["up"]


@pytest.mark.parametrize("is_late", [False, True])
async def test_an_error_while_waiting_reaches_the_handler(is_late: bool) -> None:
    async def fails() -> None:
        if is_late:
            await asyncio.sleep(0)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await BodyTimeout(_Messages(fails, _LAST), 5)()


async def test_receive_may_answer_a_cancellation_with_a_message() -> None:
    async def receive() -> Message:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return _GONE
        raise AssertionError

    async def caller() -> Message:
        return await BodyTimeout(receive, 5)()

    waiting = asyncio.create_task(caller())
    await asyncio.sleep(0)
    waiting.cancel()
    assert await waiting == _GONE
