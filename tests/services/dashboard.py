"""The dashboard's panels, with what they ask Prometheus for."""

import json
from typing import NamedTuple

from deploy.local.paths import ROOT

DASHBOARD = ROOT / "deploy" / "observability" / "dashboard.json"


class Panel(NamedTuple):
    """One line of a panel."""

    title: str
    expression: str


def panels(rate_interval: str) -> list[Panel]:
    """All of them; Grafana's own variable stands for this interval."""
    found = json.loads(DASHBOARD.read_text())["panels"]
    return [
        Panel(panel["title"], target["expr"].replace("$__rate_interval", rate_interval))
        for panel in found
        for target in panel.get("targets", ())
    ]
