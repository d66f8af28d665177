"""deploy/compose, read by Docker Compose, and checked by the programs that it configures."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic_settings import BaseSettings

from delivery.away.settings import AwaySettings
from delivery.away.vapid_keys import new_private_key
from delivery.settings import Settings as DeliverySettings
from delivery.tools.settings import ToolSettings
from deploy.console.settings import ConsoleSettings
from deploy.demo_shop.settings import ShopSettings
from deploy.local.paths import ROOT
from producer_api.settings import Settings as ApiSettings
from runtime import lifecycle
from tests.services.prometheus import tool

_FOLDER = ROOT / "deploy" / "compose"
_SECRETS = ("AUTH_JWT_SECRET", "DELIVERY_PEER_SECRET", "GRAFANA_ADMIN_PASSWORD")
_VALUES = dict.fromkeys(_SECRETS, "s" * 32) | {
    "AWAY_VAPID_PRIVATE_KEY": new_private_key(),
    "AWAY_VAPID_SUBJECT": "mailto:ops@shop.example",
}
_PROGRAMS: dict[str, type[BaseSettings]] = {
    "producer-api": ApiSettings,
    "delivery-1": DeliverySettings,
    "delivery-2": DeliverySettings,
    "delivery-3": DeliverySettings,
    "away": AwaySettings,
    "console": ConsoleSettings,
    "demo-shop": ShopSettings,
    "topics": ToolSettings,
}
Service = dict[str, Any]


def _run(argv: list[str], **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - tools for our own files
        argv, cwd=_FOLDER, env=env, capture_output=True, text=True, check=False
    )


def _compose(env: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("docker-compose")
    files = ("--env-file", "/dev/null", "--profile", "away", "config")
    return _run([str(program), *files, *arguments], PATH=os.environ["PATH"], **env)


@cache
def _services() -> dict[str, Service]:
    """Return the services as Docker Compose reads them. It also checks them by its schema."""
    result = _compose(_VALUES, "--format", "json")
    assert result.returncode == 0, result.stderr
    services: dict[str, Service] = json.loads(result.stdout)["services"]
    return services


def test_nothing_starts_without_secrets() -> None:
    for name in _SECRETS:
        others = {key: value for key, value in _VALUES.items() if key != name}
        refusal = _compose(others, "--quiet")
        assert refusal.returncode != 0
        assert f"required variable {name} is missing a value" in refusal.stderr
    lines = (_FOLDER / ".env.example").read_text().splitlines()
    filled = [line for line in lines if not line.startswith("#") and line.partition("=")[2]]
    assert not filled, "all installations would share a default secret"


def test_each_program_starts_with_the_environment_of_its_container(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, settings in _PROGRAMS.items():
        with monkeypatch.context() as patch:
            patch.setenv("DELIVERY_HOST", "0.0.0.0")  # noqa: S104 - as the image does
            for variable, value in _services()[name]["environment"].items():
                patch.setenv(variable, value)
            loaded = settings()
        if isinstance(loaded, DeliverySettings):
            assert loaded.advertised_url == f"http://{name}:8101"
            assert loaded.delivery_drain_seconds + lifecycle._STOP_SECONDS < 20


def test_our_containers_are_as_tight_as_the_images_allow() -> None:
    targets = (ROOT / "deploy" / "images" / "Dockerfile").read_text()
    for name in _PROGRAMS:
        service = _services()[name]
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"]
        assert service["stop_grace_period"] == "20s"
        assert f" AS {service['build']['target']}\n" in targets
    for name, service in _services().items():
        assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}, name
        for port in service.get("ports", ()):
            assert port["host_ip"] == "127.0.0.1", name
        for volume in service.get("volumes", ()):
            assert volume["type"] == "volume" or Path(volume["source"]).is_file()


def test_the_secrets_are_not_part_of_the_images_build_context() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    # Docker applies the last line that matches.
    assert lines.index("deploy/compose") > lines.index("!deploy")


def test_prometheus_scrapes_what_runs_and_knows_the_alerts(tmp_path: Path) -> None:
    config = yaml.safe_load((_FOLDER / "prometheus.yml").read_text())
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config))
    shutil.copy(ROOT / "deploy" / "observability" / "alerts.yml", tmp_path)
    check = _run([tool("promtool"), "check", "config", str(tmp_path / "prometheus.yml")])
    assert check.returncode == 0, check.stdout + check.stderr
    targets = [
        target
        for job in config["scrape_configs"]
        for static in job.get("static_configs", [])
        for target in static["targets"]
    ]
    # The away program runs only with its profile. Prometheus finds its targets by DNS. So without
    # the profile, it has no target that would seem to be down.
    (away,) = [job for job in config["scrape_configs"] if job["job_name"] == "away"]
    (lookup,) = away["dns_sd_configs"]
    (name,) = lookup["names"]
    assert _services()[name]["profiles"] == ["away"]
    assert lookup["port"] == AwaySettings.model_fields["away_port"].default
    assert {target.partition(":")[0] for target in targets} <= _services().keys()
    (grafana,) = yaml.safe_load((_FOLDER / "grafana" / "datasources.yaml").read_text())[
        "datasources"
    ]
    assert grafana["url"] == "http://prometheus:9090"
