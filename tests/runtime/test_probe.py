"""The health check of the images."""

import sys
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from runtime import probe


class _Program(BaseHTTPRequestHandler):
    """Answers that it is alive, but not ready."""

    def do_GET(self) -> None:
        well = self.path == "/healthz"
        self.send_response(HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http's
        pass


@pytest.fixture
def port() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), _Program)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def _probe(monkeypatch: pytest.MonkeyPatch, port: int, *path: str) -> int:
    monkeypatch.setenv("DELIVERY_PORT", str(port))
    monkeypatch.setattr(sys, "argv", ["probe", "DELIVERY_PORT", *path])
    return probe.main()


def test_a_program_is_well_while_it_answers(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    assert _probe(monkeypatch, port) == 0
    assert _probe(monkeypatch, port, "/readyz") == 1


def test_a_program_is_ill_without_an_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _probe(monkeypatch, 1) == 1
    assert "127.0.0.1:1/healthz: ConnectionRefusedError" in capsys.readouterr().err
