"""The alert rules and the scrape configuration, checked by promtool."""

import re
import subprocess

import yaml

from deploy.local.paths import ROOT
from tests.services.prometheus import tool

_FOLDER = ROOT / "deploy" / "observability"


def _promtool(*arguments: str) -> None:
    result = subprocess.run(  # noqa: S603 - a program of Prometheus
        [tool("promtool"), *arguments], cwd=_FOLDER, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_rules_and_the_scrape_configuration_are_valid() -> None:
    _promtool("check", "rules", "--lint-fatal", "alerts.yml")
    _promtool("check", "config", "prometheus.yml")


def test_each_alert_fires_when_it_should_and_not_earlier() -> None:
    _promtool("test", "rules", "alerts.test.yml")
    rules = yaml.safe_load((_FOLDER / "alerts.yml").read_text())["groups"]
    alerts = {rule["alert"] for group in rules for rule in group["rules"]}
    tests = yaml.safe_load((_FOLDER / "alerts.test.yml").read_text())["tests"]
    cases = [case for test in tests for case in test["alert_rule_test"]]
    assert {case["alertname"] for case in cases if case["exp_alerts"]} == alerts
    assert {case["alertname"] for case in cases if not case["exp_alerts"]} == alerts


def test_the_runbook_lists_exactly_the_alerts() -> None:
    rules = yaml.safe_load((_FOLDER / "alerts.yml").read_text())["groups"]
    alerts = {rule["alert"] for group in rules for rule in group["rules"]}
    runbook = (ROOT / "docs" / "on-call.md").read_text()
    section = runbook.split("\n## Alerts\n")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == alerts
