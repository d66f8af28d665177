"""The alert rules and the scrape configuration, checked by Prometheus' own tool."""

import re
import subprocess

import yaml

from deploy.local.paths import ROOT
from tests.services.prometheus import tool

_FOLDER = ROOT / "deploy" / "observability"


def _promtool(*arguments: str) -> None:
    done = subprocess.run(  # noqa: S603 - Prometheus' own
        [tool("promtool"), *arguments], cwd=_FOLDER, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_rules_and_the_configuration_are_valid() -> None:
    _promtool("check", "rules", "--lint-fatal", "alerts.yml")
    _promtool("check", "config", "prometheus.yml")


def test_each_alert_fires_when_it_should_and_not_before() -> None:
    _promtool("test", "rules", "alerts.test.yml")
    rules = yaml.safe_load((_FOLDER / "alerts.yml").read_text())["groups"]
    alerts = {rule["alert"] for group in rules for rule in group["rules"]}
    tests = yaml.safe_load((_FOLDER / "alerts.test.yml").read_text())["tests"]
    tried = [each for test in tests for each in test["alert_rule_test"]]
    assert {each["alertname"] for each in tried if each["exp_alerts"]} == alerts
    assert {each["alertname"] for each in tried if not each["exp_alerts"]} == alerts


def test_the_runbook_lists_exactly_the_alerts() -> None:
    rules = yaml.safe_load((_FOLDER / "alerts.yml").read_text())["groups"]
    alerts = {rule["alert"] for group in rules for rule in group["rules"]}
    runbook = (ROOT / "docs" / "on-call.md").read_text()
    section = runbook.split("\n## Alerts\n")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == alerts
