"""The data folder: one run at a time, and a secret that only its owner may read."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.data_folder import (
    FolderInUseError,
    find_secret,
    make_private,
    make_secret,
    only_run,
)


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    """Set a usual umask. Restore the earlier one, because other tests run in this process."""
    earlier = os.umask(0o022)
    yield
    os.umask(earlier)


def test_a_second_run_fails_and_names_the_first(tmp_path: Path) -> None:
    with (
        only_run(tmp_path),
        pytest.raises(FolderInUseError, match=rf"process {os.getpid()}.*LOCAL_DATA"),
        only_run(tmp_path),
    ):
        pass


def test_the_folder_is_free_after_a_run(tmp_path: Path) -> None:
    for _ in range(2):
        with only_run(tmp_path):
            assert tmp_path.exists()


def test_the_secret_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert find_secret(data) is None
    secret = make_secret(data)
    assert len(secret) >= 32
    assert make_secret(data) == secret == find_secret(data)
    (path,) = data.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_only_its_user_can_read_what_a_run_writes(tmp_path: Path) -> None:
    data = tmp_path / "data"
    make_private(data)
    (data / "logs").mkdir()
    (data / "logs" / "kafka.log").touch()
    assert _modes(data) == {"data": 0o700, "logs": 0o700, "kafka.log": 0o600}


def test_files_that_an_earlier_run_left_readable_become_private(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for name in ("kafka", "logs", "mongo"):
        (data / name).mkdir(parents=True)
    (data / "jwt-secret").write_text("secret")
    assert set(_modes(data).values()) == {0o755, 0o644}
    make_private(data)
    assert _modes(data).pop("jwt-secret") == 0o600
    assert set(_modes(data).values()) == {0o700, 0o600}


def test_a_folder_that_others_need_keeps_its_mode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared, home = tmp_path / "shared", tmp_path / "home"
    for folder, mode in ((shared, 0o1777), (home, 0o755)):
        (folder / "logs").mkdir(parents=True)
        folder.chmod(mode)
    monkeypatch.setenv("HOME", str(home / "ana"))
    for folder in (shared, home):
        mode = folder.stat().st_mode
        make_private(folder)
        assert folder.stat().st_mode == mode
        assert _modes(folder)["logs"] == 0o700


def _modes(data: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in (data, *data.rglob("*"))}
