"""The local secret: made once, and nobody else's to read."""

import stat
from pathlib import Path

from deploy.local.secret import existing_secret, local_secret


def test_it_is_made_once_and_kept(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert existing_secret(data) is None
    secret = local_secret(data)
    assert len(secret) >= 32
    assert local_secret(data) == secret == existing_secret(data)


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    local_secret(tmp_path)
    (path,) = tmp_path.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
