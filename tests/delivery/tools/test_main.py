"""The command line of the tools: refused arguments, and their messages."""

import asyncio
import signal
import socket
import threading
from collections.abc import Iterator

import pytest
from pymongo.errors import OperationFailure

from delivery.tools import __main__ as tools
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


@pytest.fixture
def closing_port() -> Iterator[int]:
    """The port of a server that ends each connection, as a broker of another protocol does."""

    def serve() -> None:
        try:
            while True:
                listener.accept()[0].close()
        except OSError:
            return  # the test is over

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


def test_a_setting_that_kafka_refuses_is_named(
    closing_port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", f"127.0.0.1:{closing_port}")
    assert main(["dlq", "list"]) == 2
    assert "KAFKA_SECURITY_PROTOCOL=PLAINTEXT: Kafka closes" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "ended_with"),
    [(["dlq", "replay", "--apply"], 130), (["status", "--once"], 130), (["status"], 0)],
)
@pytest.mark.usefixtures("interruptible")
def test_an_interrupted_command_does_not_count_as_done(
    arguments: list[str], ended_with: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def interrupted() -> int:
        signal.raise_signal(signal.SIGINT)
        await asyncio.Event().wait()
        return 0

    monkeypatch.setattr(tools, "_command", lambda *_: interrupted())
    assert main(arguments) == ended_with


def test_a_setting_that_mongodb_refuses_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def refused() -> int:
        raise OperationFailure("Authentication failed.", 18)

    monkeypatch.setattr(tools, "_command", lambda *_: refused())
    assert main(["status", "--once"]) == 2
    assert "MONGO_URL: MongoDB does not accept its user" in capsys.readouterr().err
