"""The panels of the dashboard, with their queries to Prometheus."""

import json
from typing import NamedTuple

from deploy.local.paths import ROOT

DASHBOARD = ROOT / "deploy" / "observability" / "dashboard.json"


class Panel(NamedTuple):
    """One query of a panel: the panel's title, and the PromQL expression."""

    title: str
    expression: str


def panels(rate_interval: str) -> list[Panel]:
    """Return all queries, with `rate_interval` in place of Grafana's variable."""
    dashboard_panels = json.loads(DASHBOARD.read_text())["panels"]
    return [
        Panel(panel["title"], target["expr"].replace("$__rate_interval", rate_interval))
        for panel in dashboard_panels
        for target in panel.get("targets", ())
    ]
