"""The command `python -m tests.auditor`: its output and its exit codes."""

import json
from pathlib import Path

import pytest

from tests.auditor import __main__ as command
from tests.auditor.audit import Sources
from tests.auditor.clean_run import A4, CLEAN, without_stored
from tests.auditor.errors import CannotAuditError
from tests.auditor.facts import Facts, Rules
from tests.auditor.judge import judge
from tests.auditor.verdict import Verdict


class _FakeAudit:
    """Judges prepared facts instead of reading any, and records the sources and rules."""

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
def audit(monkeypatch: pytest.MonkeyPatch) -> _FakeAudit:
    """Replace the audit that the command calls."""
    for name in command._DEFAULTS:
        monkeypatch.delenv(name, raising=False)
    return _FakeAudit(monkeypatch)


def test_auditor_exits_0_when_it_has_no_findings(
    audit: _FakeAudit, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main([]) == 0
    printed = capsys.readouterr().out
    assert "clean: no guarantee was violated" in printed
    assert "records on the topic                                   7\n" in printed
    assert audit.sources == Sources(
        "localhost:9092",
        "notifications",
        "delivery",
        "mongodb://localhost:27017/?replicaSet=rs0",
        "notifications",
    )
    assert audit.rules == Rules()


def test_auditor_exits_1_when_it_has_findings(
    audit: _FakeAudit, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    audit.facts = without_stored(A4)
    assert command.main(["--json", str(tmp_path / "verdict.json")]) == 1
    printed = capsys.readouterr().out
    assert "MISSING FROM MONGODB (1)\n" in printed
    assert f"  notification {A4}: of ana" in printed
    verdict = json.loads((tmp_path / "verdict.json").read_text())
    assert (verdict["clean"], verdict["counts"]["records"]) == (False, 7)
    assert verdict["findings"][0]["kind"] == "missing from MongoDB"


def test_show_limits_the_findings_printed(
    audit: _FakeAudit, capsys: pytest.CaptureFixture[str]
) -> None:
    audit.facts = Facts(now=CLEAN.now, client_entries=CLEAN.client_entries)
    assert command.main(["--show", "2"]) == 1
    assert "CREATED BY NOBODY (4)" in (printed := capsys.readouterr().out)
    assert "… and 2 more" in printed


def test_arguments_override_the_environment(
    audit: _FakeAudit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KAFKA_TOPIC", "from-env")
    monkeypatch.setenv("KAFKA_GROUP_ID", "from-env")
    given = f"--group given --clients {tmp_path} --complete-for ana berto --hold --skew-seconds 5"
    command.main([*given.split(), "--clock-noise-seconds", "0", "--max-duplicates", "3"])
    assert audit.sources is not None
    assert (audit.sources.topic, audit.sources.group) == ("from-env", "given")
    assert audit.sources.clients == (tmp_path,)
    assert audit.rules == Rules(frozenset({"ana", "berto"}), True, 5.0, 0.0, 3)
    command.main(["--complete"])
    assert audit.rules == Rules(complete=True)


def test_auditor_exits_2_with_the_reason_when_it_has_no_verdict(
    audit: _FakeAudit, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["--topic", "away"]) == 2
    assert capsys.readouterr().err == "no verdict: Kafka has no topic 'away'\n"
    assert audit.sources is not None


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--unknown"], "--unknown"),
        (["--clients", "/nowhere/at/all"], "does not exist"),
        (["--skew-seconds", "-1"], "not a number of seconds"),
        (["--skew-seconds", "nan"], "not a number of seconds"),
        (["--clock-noise-seconds", "x"], "not a number of seconds"),
        (["--max-duplicates", "-1"], "not a whole number"),
        (["--max-duplicates", "many"], "not a whole number"),
    ],
)
def test_auditor_exits_2_with_the_reason_for_bad_arguments(
    audit: _FakeAudit, capsys: pytest.CaptureFixture[str], arguments: list[str], reason: str
) -> None:
    with pytest.raises(SystemExit) as exited:
        command.main(arguments)
    assert exited.value.code == 2
    assert reason in capsys.readouterr().err
    assert audit.sources is None
