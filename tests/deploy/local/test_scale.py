"""`make scale`: what it is asked with, and what it says when it cannot."""

from pathlib import Path

import pytest

from deploy.local.scale import main


@pytest.mark.parametrize("arguments", [[], ["0"], ["17"], ["-1"], ["three"], ["2", "3"], ["²"]])
def test_a_bad_number_is_answered_with_the_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert "make scale N=3" in capsys.readouterr().err


def test_without_a_stack_it_says_how_to_start_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOCAL_DATA", str(tmp_path))
    assert main(["3"]) == 1
    assert "`make run`" in capsys.readouterr().err
