"""The data folder: one run at a time, and a secret that only its owner may read."""

import os
import stat
from pathlib import Path

import pytest

from deploy.local.data_folder import FolderInUseError, find_secret, make_secret, only_run


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
