"""How the command ends if it cannot work, or is interrupted."""

import asyncio
import signal
from pathlib import Path

import pytest

from deploy.data_team import __main__ as data_team
from deploy.data_team.__main__ import main


def test_a_file_that_cannot_be_used_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "funnel.duckdb"
    path.write_bytes(b"no database" * 1_000)
    assert main(["--database", str(path)]) == 2
    assert f"cannot use {path}: " in capsys.readouterr().err


@pytest.mark.parametrize(("arguments", "ended_with"), [([], 130), (["--follow"], 0)])
@pytest.mark.usefixtures("interruptible")
def test_an_interrupted_run_does_not_count_as_done(
    arguments: list[str], ended_with: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def interrupted(*_: object) -> None:
        signal.raise_signal(signal.SIGINT)
        await asyncio.Event().wait()

    monkeypatch.setattr(data_team, "_run", interrupted)
    assert main([*arguments, "--database", str(tmp_path / "funnel.duckdb")]) == ended_with
