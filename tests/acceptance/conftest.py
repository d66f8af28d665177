"""The whole stack and a real browser. Both start once, and stop after the tests of this folder."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from deploy.local.paths import ROOT
from deploy.local.ports import HOST
from tests.services.launcher import Launcher
from tests.services.published import assert_topics_match_the_contract
from tests.services.tokens import SECRET
from tests.services.waiting import PATIENCE_SECONDS
from tests.services.world import World

_CHROMIUM = "/usr/bin/chromium"

# Playwright's own 5 s are too short for a slow machine.
expect.set_options(timeout=PATIENCE_SECONDS * 1000)


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def stack(
    tmp_path_factory: pytest.TempPathFactory, ports: Iterator[int]
) -> AsyncIterator[Launcher]:
    """Start `python -m deploy.local`, with two instances. Each test must leave it with two.

    At the end, check all records on the stack's topics.
    """
    launcher = Launcher(tmp_path_factory.mktemp("stack"), ports)
    await launcher.start()
    try:
        await launcher.until_printed("Ctrl-C stops everything")
        yield launcher
        async with World.opened(_environment(launcher)) as world:
            await assert_topics_match_the_contract(world)
    finally:
        await launcher.stop(15)


def _environment(launcher: Launcher) -> dict[str, str]:
    ports = launcher.ports
    return {
        "KAFKA_BOOTSTRAP_SERVERS": f"{HOST}:{ports['LOCAL_KAFKA_PORT']}",
        "KAFKA_GROUP_ID": "delivery",
        "MONGO_URL": f"mongodb://{HOST}:{ports['LOCAL_MONGO_PORT']}/?replicaSet=rs0",
        "AUTH_JWT_SECRET": SECRET,
    }


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Start Debian's Chromium."""
    async with async_playwright() as playwright:
        # The sandbox needs user namespaces, which root does not have in a container.
        chromium = await playwright.chromium.launch(
            executable_path=_CHROMIUM, args=["--no-sandbox"]
        )
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """Open a page in its own context. At the end, check that no script failed or was blocked."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="es-ES")
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console",
        lambda line: errors.append(line.text) if line.type in {"error", "warning"} else None,
    )
    yield page
    await context.close()
    assert errors == []


@pytest.fixture(scope="session")
def screenshots() -> Path | None:
    """Return the folder for screenshots of the UI; None without `SCREENSHOTS=1`.

    The README's pictures are copied from here.
    """
    if os.environ.get("SCREENSHOTS") != "1":
        return None
    folder = ROOT / ".local" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
