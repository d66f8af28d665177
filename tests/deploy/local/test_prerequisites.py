"""The check before anything is installed: what is missing is told, with what brings it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.paths import ROOT

_SCRIPT = ROOT / "deploy" / "local" / "prerequisites.sh"


@pytest.fixture
def bare_path(tmp_path: Path) -> Path:
    """A PATH on which there is nearly nothing, apt neither."""
    for name in ("sh", "id"):
        found = shutil.which(name)
        assert found is not None
        (tmp_path / name).symlink_to(found)
    return tmp_path


def _run(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(path / "sh"), str(_SCRIPT), *arguments]
    return subprocess.run(  # noqa: S603 - our own script
        command, env={"PATH": str(path)}, capture_output=True, text=True, timeout=30, check=False
    )


def test_all_that_is_missing_is_told_at_once(bare_path: Path) -> None:
    check = _run(bare_path, "python", "node", "maven")
    assert check.returncode == 1
    told = check.stderr.splitlines()
    assert [line.split(" (")[0] for line in told] == [
        "missing: Python 3.11 or newer, with venv",
        "missing: Node.js 20.19 or newer, with npm",
        "missing: Maven",
    ]
    assert "apt-get install maven" in told[2]


def test_what_is_there_is_not_told(bare_path: Path) -> None:
    (bare_path / "mvn").symlink_to("/bin/true")
    check = _run(bare_path, "maven")
    assert (check.returncode, check.stdout, check.stderr) == (0, "", "")


def test_a_python_that_fits_is_found_under_its_own_name(bare_path: Path) -> None:
    (bare_path / "python3").symlink_to("/bin/false")
    (bare_path / "python3.12").symlink_to(sys.executable)
    assert _run(bare_path, "--print-python").stdout.strip() == str(bare_path / "python3.12")
