"""Runs the last release beside the present programs, from its source archive in this folder.

The archive is committed, because a machine that runs the tests may not have the Git history.
`README.md` says how to replace it after the next release.
"""

import tarfile
from collections.abc import Mapping
from pathlib import Path

from tests.services.program import ForkedProgram, Program

_FOLDER = Path(__file__).parent


def archive() -> Path:
    """Return the source archive of the last release: the only one in this folder."""
    (found,) = _FOLDER.glob("notification-pipeline-*.tar.xz")
    return found


def unpacked(into: Path) -> Path:
    """Unpack the last release, and return the folder in which `python -m delivery` runs it."""
    path = archive()
    with tarfile.open(path) as sources:
        sources.extractall(into, filter="data")
    return into / path.name.removesuffix(".tar.xz")


class ReleasedProgram(Program):
    """A program of the last release. `python -m` finds its folder before the present sources."""

    def __init__(self, folder: Path, module: str, url: str, env: Mapping[str, str]) -> None:
        super().__init__(module, url, env)
        self._cwd = folder


def program_of(release: Path | None, module: str, url: str, env: Mapping[str, str]) -> Program:
    """Return a program of the release in this folder, or of the present sources if None."""
    if release is None:
        return ForkedProgram(module, url, env)
    return ReleasedProgram(release, module, url, env)
