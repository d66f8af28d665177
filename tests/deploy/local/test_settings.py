"""Settings of the local stack: an error names a bad value, and its variable."""

from pathlib import Path

import pytest

from delivery.away.vapid_keys import public_key_of
from delivery.tools.settings import ToolSettings
from deploy.data_team.__main__ import _parser
from deploy.demo_shop.kinds import PICTURES
from deploy.demo_shop.settings import load_shop
from deploy.local.environment import shared_environment
from deploy.local.settings import load_local
from tests.services.tokens import SECRET


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


_OWN = ["http://localhost:8080", "http://127.0.0.1:8080"]


@pytest.mark.parametrize(
    ("added", "allowed"),
    [
        ("", _OWN),
        (
            "https://shop.example, http://localhost:3000",
            [*_OWN, "https://shop.example", "http://localhost:3000"],
        ),
        ("http://localhost:8080", _OWN),
        ("*", ["*"]),
    ],
)
def test_other_origins_are_added_to_the_uis_own(
    added: str, allowed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTH_JWT_SECRET", SECRET)
    monkeypatch.setenv("CORS_ALLOWED_ORIGINS", added)
    assert shared_environment(load_local())["CORS_ALLOWED_ORIGINS"] == ",".join(allowed)


def test_a_bad_origin_ends_the_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CORS_ALLOWED_ORIGINS", "https://shop.example/page")
    with pytest.raises(SystemExit, match="2"):
        load_local()
    assert "CORS_ALLOWED_ORIGINS" in capsys.readouterr().err


def test_the_tools_follow_the_local_stacks_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ToolSettings().kafka_bootstrap_servers == "localhost:9092"
    monkeypatch.setenv("LOCAL_KAFKA_PORT", "21001")
    monkeypatch.setenv("LOCAL_MONGO_PORT", "21002")
    monkeypatch.setenv("PRODUCER_API_PORT", "21003")
    monkeypatch.setenv("LOCAL_DATA", "/tmp/other")  # noqa: S108 - nothing is written to it
    tools, funnel = ToolSettings(), _parser().parse_args([])
    assert tools.kafka_bootstrap_servers == funnel.bootstrap == "localhost:21001"
    assert tools.mongo_url == "mongodb://localhost:21002/?replicaSet=rs0"
    assert str(funnel.database) == "/tmp/other/data-team/funnel.duckdb"  # noqa: S108
    assert load_shop().producer_api_url == "http://localhost:21003"


def test_an_address_takes_precedence_over_a_local_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_KAFKA_PORT", "21001")
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "kafka.example:9092")
    monkeypatch.setenv("MONGO_URL", "mongodb://mongo.example/?replicaSet=rs0")
    monkeypatch.setenv("PRODUCER_API_URL", "https://api.example")
    tools = ToolSettings()
    assert tools.kafka_bootstrap_servers == "kafka.example:9092"
    assert tools.mongo_url == "mongodb://mongo.example/?replicaSet=rs0"
    assert _parser().parse_args([]).bootstrap == "kafka.example:9092"
    assert load_shop().producer_api_url == "https://api.example"


def test_images_may_come_from_the_hosts_that_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UI_IMAGE_HOSTS", "https://img.shop.example, https://*.cdn.example:8443")
    hosts = f"{PICTURES} https://img.shop.example https://*.cdn.example:8443"
    assert shared_environment(load_local())["UI_IMAGE_HOSTS"] == hosts


@pytest.mark.parametrize(
    "hosts", ["img.example", "http://img.example", "https://a; script-src *", "*", "https://a/b"]
)
def test_a_text_that_is_not_an_image_host_is_refused(
    hosts: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("UI_IMAGE_HOSTS", hosts)
    with pytest.raises(SystemExit):
        load_local()
    assert "UI_IMAGE_HOSTS" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "port"), [("AWAY_PORT", 8120), ("CONSOLE_PORT", 8130)])
def test_a_taken_default_port_of_away_or_console_is_replaced(
    name: str, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("deploy.local.settings.is_free", lambda each: each != port)
    assert load_local().ports[name] != port
    monkeypatch.setenv(name, str(port))
    assert load_local().ports[name] == port


def test_browsers_get_the_public_key_of_the_away_programs_key(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LOCAL_DATA", str(tmp_path))
    first, second = (shared_environment(load_local()) for _ in range(2))
    for name in ("AWAY_VAPID_PRIVATE_KEY", "PRODUCER_API_VAPID_PUBLIC_KEY"):
        assert first[name] == second[name]
    assert public_key_of(first["AWAY_VAPID_PRIVATE_KEY"]) == first["PRODUCER_API_VAPID_PUBLIC_KEY"]
    assert (tmp_path / "vapid-private-key").stat().st_mode & 0o077 == 0
