"""Calls over a channel: answers, errors, time limits, and the end of the other side."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any, NoReturn

import pytest
import pytest_asyncio

from runtime.workers.channel import Channel, ChannelError


async def _double(value: Any) -> Any:
    return value * 2


async def _fail(_: Any) -> NoReturn:
    raise ValueError("a bug")


async def _hang(_: Any) -> None:
    await asyncio.Event().wait()


@pytest_asyncio.fixture
async def ends() -> AsyncIterator[tuple[Channel, Channel, "asyncio.Task[None]"]]:
    """The two ends of a channel, and the task in which the second end answers."""
    one, other = (Channel(end) for end in socket.socketpair())
    asking = asyncio.create_task(one.run({"double": _double}))
    answering = asyncio.create_task(other.run({"double": _double, "fail": _fail, "hang": _hang}))
    yield one, other, answering
    for task in (asking, answering):
        task.cancel()
    await asyncio.gather(asking, answering, return_exceptions=True)


async def test_calls_in_both_directions_get_their_own_answers(
    ends: tuple[Channel, Channel, "asyncio.Task[None]"],
) -> None:
    one, other, _ = ends
    calls = [one.call("double", number, 5) for number in range(50)]
    calls += [other.call("double", "x" * 100_000, 5)]
    answers = await asyncio.gather(*calls)
    assert answers == [*(2 * number for number in range(50)), "x" * 200_000]


async def test_an_error_of_the_other_side_is_raised_and_ends_nothing(
    ends: tuple[Channel, Channel, "asyncio.Task[None]"],
) -> None:
    one, _, _ = ends
    with pytest.raises(ChannelError, match="a bug"):
        await one.call("fail", None, 5)
    with pytest.raises(TimeoutError):
        await one.call("hang", None, 0.01)
    assert await one.call("double", 1.5, 5) == 3


async def test_a_call_ends_with_the_other_side(
    ends: tuple[Channel, Channel, "asyncio.Task[None]"],
) -> None:
    one, _, answering = ends
    waiting = asyncio.create_task(one.call("hang", None, 60))
    assert await one.call("double", 1, 5) == 2
    answering.cancel()
    with pytest.raises(ChannelError, match="has gone"):
        await waiting
    with pytest.raises(ChannelError, match="has gone"):
        await one.call("double", 1, 5)
