"""Transactions in one thread, with a real MongoDB behind a proxy that fails at the commit."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import ExitStack, asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorClientSession
from pymongo.errors import OperationFailure
from pymongo.monitoring import CommandListener, CommandStartedEvent

from producer_api.mongodb import transactions
from producer_api.mongodb.connection import APP_NAME, Client
from producer_api.mongodb.thread_collection import in_thread
from producer_api.mongodb.transaction_thread import TransactionThread
from producer_api.mongodb.transactions import CommitUnknownError, Work
from producer_api.workers.abandoned_transactions import AbandonedTransactions
from tests.faults.proxy import Proxy
from tests.services.waiting import eventually
from tests.services.world import World

_SELECTION_SECONDS = 0.1

Statements = Work[None]


class _Commands(CommandListener):
    """Records the write concerns of commits. Calls `at_commit` before each commit is sent."""

    def __init__(self) -> None:
        self.concerns: list[Any] = []
        self.at_commit: Callable[[], None] = lambda: None

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name == "commitTransaction":
            self.concerns.append(event.command["writeConcern"]["w"])
            self.at_commit()

    def succeeded(self, event: Any) -> None: ...

    def failed(self, event: Any) -> None: ...


@pytest.fixture
def commands() -> _Commands:
    return _Commands()


@pytest_asyncio.fixture
async def proxy(world: World, ports: Iterator[int]) -> AsyncIterator[Proxy]:
    address = world.settings.mongo_url.partition("://")[2].partition("/")[0]
    proxy = Proxy(next(ports), int(address.rpartition(":")[2]))
    async with proxy.running():
        yield proxy


@pytest_asyncio.fixture
async def client(commands: _Commands, proxy: Proxy) -> AsyncIterator[Client]:
    opened: Client = AsyncIOMotorClient(
        proxy.url.replace("http", "mongodb") + "/?directConnection=true&w=1",
        appname=APP_NAME,
        event_listeners=[commands],
        serverSelectionTimeoutMS=int(_SELECTION_SECONDS * 1000),
        heartbeatFrequencyMS=500,
    )
    yield opened
    # Close in a thread: `close` sends a command through the proxy, which runs in this event loop.
    await asyncio.to_thread(opened.close)


@pytest.fixture
def insert(client: Client, world: World) -> Statements:
    collection = in_thread(client[world.settings.mongo_database]["anything"])

    async def insert(session: AsyncIOMotorClientSession) -> None:
        await collection.insert_many([{}], session=session)

    return insert


@asynccontextmanager
async def _unanswered(
    writing: Coroutine[Any, Any, None], commands: _Commands, proxy: Proxy, world: World
) -> AsyncIterator[asyncio.Task[None]]:
    """Write until MongoDB has committed. Lose its answer, and keep MongoDB unreachable."""
    with ExitStack() as holding:

        def hold_the_answer() -> None:
            commands.at_commit = lambda: None
            holding.enter_context(proxy.back.blackholed())

        commands.at_commit = hold_the_answer
        task = asyncio.create_task(writing)

        async def is_committed() -> bool:
            return await _count(world) == 1

        await eventually(is_committed)
        async with proxy.cut():
            holding.close()
            yield task


async def _count(world: World) -> int:
    count: int = await world.inbox.database["anything"].count_documents({})
    return count


async def test_the_commit_is_by_a_majority_even_if_the_url_says_otherwise(
    client: Client, insert: Statements, commands: _Commands, world: World
) -> None:
    await TransactionThread(client).transact(insert)
    assert (commands.concerns, await _count(world)) == (["majority"], 1)


async def test_a_commit_that_was_not_answered_is_sent_again_until_it_is(
    client: Client, insert: Statements, commands: _Commands, proxy: Proxy, world: World
) -> None:
    writing = TransactionThread(client).transact(insert)
    async with _unanswered(writing, commands, proxy, world) as task:
        # Wait longer than the driver itself retries.
        await asyncio.wait([task], timeout=10 * _SELECTION_SECONDS)
        assert not task.done(), "a failed commit does not say that nothing was written"
    await task
    assert await _count(world) == 1


async def test_a_commit_that_stays_unanswered_is_unknown(
    client: Client,
    insert: Statements,
    commands: _Commands,
    proxy: Proxy,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transactions, "_COMMIT_SECONDS", 0.2)
    writing = TransactionThread(client).transact(insert)
    async with _unanswered(writing, commands, proxy, world) as task:
        with pytest.raises(CommitUnknownError):
            await task


async def test_a_transaction_that_was_aborted_before_its_commit_begins_again(
    client: Client, insert: Statements, commands: _Commands, world: World
) -> None:
    """A process that was suspended before its commit finds its transaction aborted."""
    loop, abandoned = asyncio.get_running_loop(), AbandonedTransactions(client, 0.0)

    def abort() -> None:
        commands.at_commit = lambda: None
        assert asyncio.run_coroutine_threadsafe(abandoned.abort(), loop).result() == 1

    commands.at_commit = abort
    await TransactionThread(client).transact(insert)
    assert len(commands.concerns) == 2
    assert await _count(world) == 1


async def test_a_transaction_does_not_begin_again_forever(
    client: Client,
    insert: Statements,
    commands: _Commands,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop, abandoned = asyncio.get_running_loop(), AbandonedTransactions(client, 0.0)

    def abort() -> None:
        asyncio.run_coroutine_threadsafe(abandoned.abort(), loop).result()

    commands.at_commit = abort
    monkeypatch.setattr(transactions, "_BEGIN_SECONDS", 0.0)
    with pytest.raises(OperationFailure) as failure:
        await TransactionThread(client).transact(insert)
    assert failure.value.has_error_label("TransientTransactionError"), "nothing was written"
    assert await _count(world) == 0


async def test_work_that_waits_for_the_event_loop_is_refused(client: Client, world: World) -> None:
    """Such work would wait forever, because its thread has no event loop."""

    async def wait(_: AsyncIOMotorClientSession) -> None:
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="must not wait"):
        await TransactionThread(client).transact(wait)
    assert await _count(world) == 0


async def test_a_cancelled_caller_leaves_no_thread_that_sends_commits(
    client: Client, insert: Statements, commands: _Commands, proxy: Proxy, world: World
) -> None:
    thread = TransactionThread(client)
    async with _unanswered(thread.transact(insert), commands, proxy, world) as task:
        task.cancel()
        await asyncio.wait([task])
        # `shutdown` returns once the thread has ended. Without the cancellation, the thread would
        # send the commit again for up to 10 s.
        began = time.monotonic()
        await asyncio.to_thread(thread._thread.shutdown)
        assert time.monotonic() - began < 5
