"""A release has one version, wherever it is written."""

import json
import re
import tomllib

import yaml

from deploy.local.paths import ROOT

_VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def test_the_changelog_begins_with_the_version() -> None:
    first = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert first
    assert first[1] == _VERSION


def test_the_package_of_the_inbox_has_the_version() -> None:
    assert json.loads((ROOT / "frontend/package.json").read_text())["version"] == _VERSION


def test_the_chart_has_the_version() -> None:
    chart = yaml.safe_load((ROOT / "deploy/helm/Chart.yaml").read_text())
    assert (chart["version"], chart["appVersion"]) == (_VERSION, _VERSION)


def test_the_images_of_compose_have_the_version() -> None:
    compose = (ROOT / "deploy/compose/compose.yaml").read_text()
    assert set(re.findall(r"image: notifications/[\w-]+:(\S+)", compose)) == {_VERSION}
    assert set(re.findall(r"VERSION: ([^\s}]+)", compose)) == {_VERSION}
