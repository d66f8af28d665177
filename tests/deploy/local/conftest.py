"""The UI server of one test."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.local.settings import LocalSettings
from deploy.local.ui import make_server
from tests.deploy.local.front import Front


@pytest_asyncio.fixture
async def front(
    tmp_path: Path, ports: Iterator[int], caplog: pytest.LogCaptureFixture
) -> AsyncIterator[Front]:
    """It runs in this process; nothing may go wrong in it unnoticed."""
    (tmp_path / "index.html").write_text("the app")
    settings = LocalSettings(local_data=tmp_path, ui_port=next(ports))
    server = make_server(settings, tmp_path)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:  # noqa: ASYNC110 - uvicorn sets no event
            await asyncio.sleep(0.01)
    yield Front(tmp_path, settings.ui_port)
    server.should_exit = True
    await asyncio.wait_for(serving, 10)
    records = [*caplog.get_records("call"), *caplog.records]
    faults = [
        record.getMessage()
        for record in records
        if record.name == "uvicorn.error" and record.levelno >= logging.ERROR
    ]
    # Uvicorn says so of every refusal that has a status of its own.
    assert [fault for fault in faults if "without completing handshake" not in fault] == []
