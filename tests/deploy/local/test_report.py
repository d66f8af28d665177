"""The text that `make run` prints names the running stack, not the default one."""

import re

import jwt
import pytest

from deploy.local.report import report
from deploy.local.settings import load_local
from tests.services.tokens import SECRET


def test_the_commands_reach_the_running_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRODUCER_API_PORT", "21000")
    monkeypatch.setenv("LOCAL_DATA", "/tmp/other")  # noqa: S108 - nothing is written to it
    text = report(load_local(), SECRET, 7.0)
    assert "PRODUCER_API_PORT=21000 LOCAL_DATA=/tmp/other .venv/bin/python" in text
    assert "LOCAL_DATA=/tmp/other make scale N=3" in text
    assert "other: PRODUCER_API_PORT=21000 LOCAL_DATA=/tmp/other make tour" in text
    assert "curl -sS http://localhost:21000/v1/notifications" in text
    token = re.search(r"Bearer (\S+)'", text)
    assert token is not None
    assert jwt.decode(token[1], SECRET, algorithms=["HS256"])["scope"] == "notifications:write"


def test_the_default_stack_needs_no_environment() -> None:
    assert "order: .venv/bin/python -m deploy.demo_shop --user ana" in report(
        load_local(), SECRET, 7.0
    )
