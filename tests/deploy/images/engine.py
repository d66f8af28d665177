"""Runs our images as a container engine does: buildah mounts them, and runc starts them."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.paths import ROOT
from deploy.local.process import Process
from deploy.local.program import is_ready

FOLDER = ROOT / ".local" / "images"
REVISION = "0123456789abcdef0123456789abcdef01234567"
_BUILD = Path(__file__).with_name("build.sh")
_READY_SECONDS = 60.0
#: The mounts that every engine gives a container. No program may need others.
_MOUNTS = ("proc", "tmpfs", "devpts", "sysfs")
#: No network namespace: a container reaches Kafka and MongoDB over the machine's network.
_NAMESPACES = ("pid", "mount", "ipc", "uts")


def _run(*argv: str) -> str:
    result = subprocess.run(  # noqa: S603 - tools of containers
        argv, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, f"{argv}: {result.stdout}{result.stderr}"
    return result.stdout.strip()


def _buildah(*arguments: str) -> str:
    places = ("--root", str(FOLDER / "storage"), "--runroot", str(FOLDER / "run"))
    return _run("buildah", *places, "--storage-driver", "overlay", *arguments)


def build() -> None:
    """Build all images, unless nothing has changed since the last time."""
    _run("sh", str(_BUILD), str(FOLDER), REVISION)


@dataclass(frozen=True, slots=True)
class Image:
    """A built image, mounted at `root`; `config` is what its Dockerfile sets."""

    name: str
    root: Path
    config: dict[str, Any]
    bytes: int


@contextmanager
def mounted(name: str) -> Iterator[Image]:
    """Mount this image until the context ends."""
    container = _buildah("from", "--pull-never", f"localhost/{name}")
    try:
        about = json.loads(_buildah("inspect", "--type", "image", f"localhost/{name}"))
        (size,) = json.loads(_buildah("images", "--json", f"localhost/{name}"))
        root = Path(_buildah("mount", container))
        yield Image(name, root, about["Docker"]["config"], _bytes(size["size"]))
    finally:
        _buildah("rm", container)


def _bytes(text: str) -> int:
    number, unit = text.split()
    return int(float(number) * {"KB": 1e3, "MB": 1e6, "GB": 1e9}[unit])


class Container(Process):
    """A container in which the program is process 1, and has no capabilities.

    The root is read-only, and `/tmp` is in memory. The container is ready when its `/readyz`
    answers 200.
    """

    def __init__(self, image: Image, url: str, env: Mapping[str, str], folder: Path) -> None:
        self.id = f"notifications-{os.getpid()}-{image.name}"
        self.lines: list[str] = []
        self.url = url
        self._image = image
        self._bundle = folder / image.name
        self._bundle.mkdir()
        (self._bundle / "config.json").write_text(json.dumps(_spec(image, env)))
        argv = ["runc", "run", "--bundle", str(self._bundle), self.id]
        super().__init__(image.name, argv, on_line=self.lines.append)

    async def start(self) -> None:
        """Start the container, and wait until it is ready. Raises `PartFailedError`."""
        await super().start()
        await self.until_ready(lambda: is_ready(self.url), _READY_SECONDS)

    def status(self) -> dict[str, str]:
        """Return what the kernel reports about the container's first process (see proc(5))."""
        pid = json.loads(_run("runc", "state", self.id))["pid"]
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return dict(line.split(":\t", 1) for line in lines if ":\t" in line)

    def check_health(self) -> None:
        """Run the image's health check in the container. Raises an error if the check fails."""
        kind, *argv = self._image.config["Healthcheck"]["Test"]
        assert kind == "CMD"
        _run("runc", "exec", self.id, *argv)

    async def discard(self) -> None:
        """Kill and delete the container, if it still runs."""
        if self.running:
            _run("runc", "delete", "--force", self.id)
            await self.wait()


def _spec(image: Image, env: Mapping[str, str]) -> dict[str, Any]:
    """Return runc's configuration: the image's program, in the most restricted container."""
    folder = FOLDER / "spec"
    folder.mkdir(exist_ok=True)
    (folder / "config.json").unlink(missing_ok=True)
    _run("runc", "spec", "--bundle", str(folder))
    spec: dict[str, Any] = json.loads((folder / "config.json").read_text())
    user, group = map(int, image.config["User"].split(":"))
    process = spec["process"]
    process |= {
        "terminal": False,
        "user": {"uid": user, "gid": group},
        "args": image.config["Entrypoint"] + image.config["Cmd"],
        "env": [*image.config["Env"], *(f"{name}={value}" for name, value in env.items())],
        "cwd": image.config["WorkingDir"],
        "capabilities": {},
        "noNewPrivileges": True,
    }
    options = ["nosuid", "nodev", "noexec", "mode=1777", "size=16m"]
    tmp = {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": options}  # noqa: S108 - the container's
    spec["mounts"] = [mount for mount in spec["mounts"] if mount["type"] in _MOUNTS] + [tmp]
    spec["root"] = {"path": str(image.root), "readonly": True}
    linux = spec["linux"]
    linux["namespaces"] = [one for one in linux["namespaces"] if one["type"] in _NAMESPACES]
    return spec
