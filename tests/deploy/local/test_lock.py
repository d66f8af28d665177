"""Two runs never share a data folder."""

import os
from pathlib import Path

import pytest

from deploy.local.lock import FolderInUseError, only_run


def test_the_second_run_is_told_who_has_the_folder(tmp_path: Path) -> None:
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
