"""The check of the machine names missing tools, and the packages that contain them."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.paths import ROOT

_SCRIPT = ROOT / "deploy" / "local" / "prerequisites.sh"


@pytest.fixture
def bare_path(tmp_path: Path) -> Path:
    """Return a PATH with almost no programs and without apt."""
    for name in ("sh", "id"):
        program = shutil.which(name)
        assert program is not None
        (tmp_path / name).symlink_to(program)
    return tmp_path


def _run(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(path / "sh"), str(_SCRIPT), *arguments]
    return subprocess.run(  # noqa: S603 - our own script
        command, env={"PATH": str(path)}, capture_output=True, text=True, timeout=30, check=False
    )


def test_everything_missing_is_named_in_one_run(bare_path: Path) -> None:
    check = _run(bare_path, "python", "node", "maven")
    assert check.returncode == 1
    lines = check.stderr.splitlines()
    assert [line.split(" (")[0] for line in lines] == [
        "missing: Python 3.11 or newer, with venv",
        "missing: Node.js 20.19 or newer, with npm",
        "missing: Maven",
    ]
    assert "apt-get install maven" in lines[2]


def test_nothing_is_printed_about_installed_tools(bare_path: Path) -> None:
    (bare_path / "mvn").symlink_to("/bin/true")
    check = _run(bare_path, "maven")
    assert (check.returncode, check.stdout, check.stderr) == (0, "", "")


def test_a_python_that_is_new_enough_is_found_by_its_versioned_name(bare_path: Path) -> None:
    (bare_path / "python3").symlink_to("/bin/false")
    (bare_path / "python3.12").symlink_to(sys.executable)
    assert _run(bare_path, "--print-python").stdout.strip() == str(bare_path / "python3.12")
