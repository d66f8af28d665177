"""The images of deploy/images/Dockerfile, built and run beside a real Kafka and MongoDB."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path

import pytest
import pytest_asyncio

from delivery.away.vapid_keys import new_private_key
from deploy.local.ports import HOST
from tests.deploy.images.engine import REVISION, Container, Image, build, mounted
from tests.services.env import program_env
from tests.services.http import http_client
from tests.services.parts import Services
from tests.services.shopper import Shopper, connected
from tests.services.tokens import service_token

pytestmark = pytest.mark.xdist_group("images")

_PROGRAMS = {
    "producer-api": "PRODUCER_API_PORT",
    "delivery": "DELIVERY_PORT",
    "away": "AWAY_PORT",
    "console": "CONSOLE_PORT",
    "demo-shop": "DEMO_SHOP_PORT",
}
_PACKAGES = {
    "producer-api": {"producer_api"},
    "delivery": {"producer_api", "delivery"},
    "away": {"producer_api", "delivery"},
    "console": {"producer_api", "delivery", "deploy"},
    "demo-shop": {"producer_api", "delivery", "deploy"},
}
_NAMES = list(_PROGRAMS)
_LARGEST_BYTES = 200_000_000
_USER = 10_001
#: Programs that an intruder could use.
_UNWANTED = {"pip", "pip3", "ensurepip", "setuptools", "gcc", "cc", "make", "git", "curl"}


@pytest.fixture(scope="module")
def images() -> Iterator[dict[str, Image]]:
    build()
    with ExitStack() as stack:
        yield {name: stack.enter_context(mounted(name)) for name in _NAMES}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def containers(
    images: dict[str, Image],
    services: Services,
    ports: Iterator[int],
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[dict[str, Container]]:
    env = program_env(services, ports) | {name: str(next(ports)) for name in _PROGRAMS.values()}
    del env["PATH"]  # use the image's own
    env |= {
        "DELIVERY_ADVERTISED_URL": f"http://{HOST}:{env['DELIVERY_PORT']}",
        "PRODUCER_API_URL": f"http://{HOST}:{env['PRODUCER_API_PORT']}",
        "AWAY_VAPID_PRIVATE_KEY": new_private_key(),
        "AWAY_VAPID_SUBJECT": "mailto:ops@shop.example",
    }
    folder = tmp_path_factory.mktemp("bundles")
    started = {
        name: Container(images[name], f"http://{HOST}:{env[port]}", env, folder)
        for name, port in _PROGRAMS.items()
    }
    try:
        async with asyncio.TaskGroup() as group:
            for container in started.values():
                group.create_task(container.start())
        yield started
    finally:
        for container in started.values():
            await container.discard()


def _files(folder: Path) -> dict[Path, os.stat_result]:
    """Return the status of each file in this folder, by its path below the folder."""
    found = (
        Path(place, name)
        for place, folders, names in os.walk(folder)
        for name in (*folders, *names)
    )
    return {path.relative_to(folder): path.lstat() for path in found}


def test_an_image_has_no_tools_and_nothing_that_its_program_could_change(
    images: dict[str, Image],
) -> None:
    # One image is enough: all have the same base and libraries, and differ only in their own code.
    files = _files(images["delivery"].root)
    assert not [path for path in files if path.name in _UNWANTED]
    assert not [path for path, about in files.items() if about.st_uid == _USER]
    assert not [path for path, about in files.items() if about.st_mode & stat.S_ISUID]


@pytest.mark.parametrize("name", _NAMES)
def test_an_image_has_its_own_program_compiled(images: dict[str, Image], name: str) -> None:
    image = images[name]
    assert image.bytes < _LARGEST_BYTES
    files = _files(image.root / "app")
    sources = {path for path in files if path.suffix == ".py"}
    # On a read-only file system, the program cannot write bytecode.
    assert sources == {
        path.parent.parent / f"{path.name.partition('.')[0]}.py"
        for path in files
        if path.suffix == ".pyc"
    }
    packages = {path.parts[0] for path in sources} - {"runtime"}
    assert packages == _PACKAGES[name]


@pytest.mark.parametrize("name", _NAMES)
def test_an_image_says_where_it_comes_from_and_how_to_run_it(
    images: dict[str, Image], name: str
) -> None:
    config = images[name].config
    prefix = "org.opencontainers.image."
    labels = {key.removeprefix(prefix): text for key, text in config["Labels"].items()}
    assert labels["title"].startswith("Notification pipeline: ")
    assert labels["source"] == "https://git.shop.example/notifications"
    assert (labels["version"], labels["revision"]) == ("1.2.3", REVISION)
    assert labels["licenses"] == "Apache-2.0"
    assert config["User"] == f"{_USER}:{_USER}"
    assert config["Healthcheck"]["Test"][0] == "CMD"
    # There must be no shell between the engine and the program: it would not pass on SIGTERM.
    assert config["Entrypoint"] == ["python", "-m"]


async def test_the_containers_deliver_a_notification_and_stop_when_they_are_told(
    containers: dict[str, Container],
) -> None:
    urls = {name: container.url for name, container in containers.items()}
    shopper = Shopper("ana", urls["delivery"])
    async with connected(shopper), http_client(urls["producer-api"]) as orders:
        body = {"user_id": "ana", "type": "order.shipped", "title": "Pedido despachado"}
        headers = {"Authorization": f"Bearer {service_token()}"}
        answer = await orders.post("/v1/notifications", json=body, headers=headers)
        assert answer.status_code == HTTPStatus.CREATED
        await shopper.has(1)
    async with http_client() as browser:
        for page in (f"{urls['console']}/", f"{urls['demo-shop']}/ui/index.html"):
            assert "<script" in (await browser.get(page)).text
    for name, container in containers.items():
        about = container.status()
        assert about["Uid"].split() == [str(_USER)] * 4, name
        assert int(about["CapEff"], 16) == 0, name
        assert about["NSpid"].split()[-1] == "1", name
        container.check_health()
    for name, container in containers.items():
        await container.stop()
        assert await container.wait() == 0, container.recent
        assert "stopped" in container.lines[-1], name
