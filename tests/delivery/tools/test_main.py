"""The command line of the tools: refused arguments, and their messages."""

import pytest

from delivery.tools.__main__ import main


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["replay", "--user", "ana", "--since", "yesterday"], "not an RFC 3339 time"),
        (["replay", "--user", "ana", "--since", "2026-01-01T00:00:00"], "offset from UTC"),
        (["replay", "--since", "2026-01-01T00:00:00Z"], "--user"),
        (["dlq"], "what"),
        (["shadow"], "--group"),
        ([], "command"),
    ],
)
def test_a_bad_argument_is_named_and_the_exit_status_is_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_a_part_that_cannot_be_reached_is_named_and_the_exit_status_is_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    assert main(["dlq", "list"]) == 2
    assert "127.0.0.1" in capsys.readouterr().err
    assert main(["shadow", "--group", "delivery"]) == 2
    assert "another name" in capsys.readouterr().err
