"""Settings of the local stack: a bad value is named with its variable."""

import pytest

from deploy.demo_shop.settings import load_shop
from deploy.local.settings import load_local


def test_instances_use_consecutive_ports_from_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_DELIVERY_INSTANCES", "3")
    monkeypatch.setenv("DELIVERY_PORT", "25000")
    settings = load_local()
    assert settings.delivery_ports == [25000, 25001, 25002]
    assert settings.ports["DELIVERY_PORT + 2"] == 25002


def test_there_are_two_instances_by_default() -> None:
    assert load_local().delivery_ports == [8101, 8102]


def test_every_instance_that_may_join_has_a_port(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DELIVERY_PORT", "65521")
    with pytest.raises(SystemExit, match="2"):
        load_local()
    assert "DELIVERY_PORT=65521" in capsys.readouterr().err


def test_two_parts_on_one_port_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("UI_PORT", "8102")
    with pytest.raises(SystemExit, match="2"):
        load_local()
    assert "UI_PORT: port 8102 is also that of DELIVERY_PORT + 1" in capsys.readouterr().err


def test_a_bad_secret_is_not_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AUTH_JWT_SECRET", "too-short")
    for load in (load_local, load_shop):
        with pytest.raises(SystemExit, match="2"):
            load()
        message = capsys.readouterr().err
        assert "AUTH_JWT_SECRET: must have at least 32 bytes" in message
        assert "too-short" not in message


def test_a_relative_data_folder_is_relative_to_the_repository() -> None:
    assert load_local().local_data.is_absolute()


@pytest.mark.parametrize("value", ["none", "0", "70000"])
def test_a_bad_port_ends_the_start_and_names_the_variable(
    value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("UI_PORT", value)
    with pytest.raises(SystemExit, match="2"):
        load_local()
    assert f"UI_PORT={value}" in capsys.readouterr().err
