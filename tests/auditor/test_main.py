"""The command: what it prints, and its exit codes."""

import json
from pathlib import Path

import pytest

from tests.auditor import __main__ as command
from tests.auditor.audit import Sources
from tests.auditor.errors import CannotAuditError
from tests.auditor.facts import Rules
from tests.auditor.judge import judge
from tests.auditor.scene import A4, CLEAN, without_stored
from tests.auditor.verdict import Verdict


class _Asked:
    """Stands for the readers: answers with a run, and keeps what was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.facts = CLEAN
        self.sources: Sources | None = None
        self.rules: Rules | None = None
        monkeypatch.setattr(command, "audit", self._audit)

    async def _audit(self, sources: Sources, rules: Rules) -> Verdict:
        self.sources, self.rules = sources, rules
        if sources.topic == "away":
            raise CannotAuditError("Kafka has no topic 'away'")
        return judge(self.facts, rules)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> _Asked:
    """What the command asks of the auditor."""
    for name in command._DEFAULTS:
        monkeypatch.delenv(name, raising=False)
    return _Asked(monkeypatch)


def test_clean_is_0(asked: _Asked, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([]) == 0
    printed = capsys.readouterr().out
    assert "clean: no guarantee was violated" in printed
    assert "records on the topic                                   7\n" in printed
    assert asked.sources == Sources(
        "localhost:9092",
        "notifications",
        "delivery",
        "mongodb://localhost:27017/?replicaSet=rs0",
        "notifications",
    )
    assert asked.rules == Rules()


def test_findings_are_1(asked: _Asked, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    asked.facts = without_stored(A4)
    assert command.main(["--json", str(tmp_path / "verdict.json")]) == 1
    printed = capsys.readouterr().out
    assert "MISSING FROM MONGODB (1)\n" in printed
    assert f"  notification {A4}: of ana" in printed
    verdict = json.loads((tmp_path / "verdict.json").read_text())
    assert (verdict["clean"], verdict["counts"]["records"]) == (False, 7)
    assert verdict["findings"][0]["kind"] == "missing from MongoDB"


def test_many_findings_are_cut_short(asked: _Asked, capsys: pytest.CaptureFixture[str]) -> None:
    asked.facts = CLEAN.__class__(now=CLEAN.now, entries=CLEAN.entries)
    assert command.main(["--show", "2"]) == 1
    assert "CREATED BY NOBODY (4)" in (printed := capsys.readouterr().out)
    assert "… and 2 more" in printed


def test_takes_environment_and_arguments(
    asked: _Asked, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KAFKA_TOPIC", "from-env")
    monkeypatch.setenv("KAFKA_GROUP_ID", "from-env")
    given = f"--group given --clients {tmp_path} --complete-for ana berto --hold --skew-seconds 5"
    command.main([*given.split(), "--clock-noise-seconds", "0", "--max-duplicates", "3"])
    assert asked.sources is not None
    assert (asked.sources.topic, asked.sources.group) == ("from-env", "given")
    assert asked.sources.clients == (tmp_path,)
    assert asked.rules == Rules(frozenset({"ana", "berto"}), True, 5.0, 0.0, 3)
    command.main(["--complete"])
    assert asked.rules == Rules(complete=True)


def test_no_verdict_is_2_with_the_reason(asked: _Asked, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--topic", "away"]) == 2
    assert capsys.readouterr().err == "no verdict: Kafka has no topic 'away'\n"
    assert asked.sources is not None


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--unknown"], "--unknown"),
        (["--clients", "/nowhere/at/all"], "does not exist"),
        (["--skew-seconds", "-1"], "no number of seconds"),
        (["--skew-seconds", "nan"], "no number of seconds"),
        (["--clock-noise-seconds", "x"], "no number of seconds"),
        (["--max-duplicates", "-1"], "no number of things"),
        (["--max-duplicates", "many"], "no number of things"),
    ],
)
def test_bad_arguments_are_2_with_the_reason(
    asked: _Asked, capsys: pytest.CaptureFixture[str], arguments: list[str], reason: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(arguments)
    assert ended.value.code == 2
    assert reason in capsys.readouterr().err
    assert asked.sources is None
