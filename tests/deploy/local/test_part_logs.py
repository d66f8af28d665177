"""The output of the parts: files get all lines, and the terminal shows warnings."""

from pathlib import Path

import pytest

from deploy.local.part_logs import PartLogs

_INFO = '{"level":"info","event":"started"}'
_WARNING = '{"level":"warning","event":"waiting for Kafka"}'


def test_warnings_and_other_text_are_shown_with_the_name_of_the_part(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with PartLogs(tmp_path) as logs:
        take = logs.sink("delivery-1")
        for line in (_INFO, _WARNING, "Traceback (most recent call last):", ""):
            take(line)
    shown = capsys.readouterr().out.splitlines()
    assert [line.split("|")[0].strip() for line in shown] == ["delivery-1"] * 2
    assert [line.split("| ")[1] for line in shown] == [
        "warning: waiting for Kafka",
        "Traceback (most recent call last):",
    ]
    assert (tmp_path / "delivery-1.log").read_text().splitlines()[:2] == [_INFO, _WARNING]


def test_what_is_shown_cannot_control_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with PartLogs(tmp_path) as logs:
        take = logs.sink("delivery-1")
        for line in ('{"level":"error","event":"a\\u001b[2Jb\\nc"}', "a\x1b[2J\x9b2Jb"):
            take(line)
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == 2
    assert all(line.isprintable() for line in shown)


def test_a_full_disk_ends_neither_the_reading_of_the_output_nor_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    really_open = Path.open
    monkeypatch.setattr(
        Path, "open", lambda _, *mode, **more: really_open(Path("/dev/full"), *mode, **more)
    )
    with PartLogs(tmp_path) as logs:
        take = logs.sink("delivery-1")
        for _ in range(1_000):
            take(_WARNING)
    assert len(capsys.readouterr().out.splitlines()) == 1_000


def test_the_log_of_the_previous_run_is_kept(tmp_path: Path) -> None:
    for run in ("first", "second"):
        with PartLogs(tmp_path) as logs:
            logs.sink("kafka", shown=False)(run)
    assert (tmp_path / "kafka.log").read_text() == "second\n"
    assert (tmp_path / "kafka.log.1").read_text() == "first\n"
