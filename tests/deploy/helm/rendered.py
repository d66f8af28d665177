"""The chart, rendered by Helm itself."""

from typing import Any

import helm_python
import yaml

from deploy.local.paths import ROOT

CHART = ROOT / "deploy" / "helm"
Manifest = dict[str, Any]

LEAST: Manifest = {
    "existingSecrets": ["notifications"],
    "config": {"KAFKA_BOOTSTRAP_SERVERS": "kafka-0:9092,kafka-1:9092"},
}
ALL: Manifest = LEAST | {
    "image": {"registry": "registry.shop.example/pipeline", "tag": "1.2.3"},
    "filesSecret": "certificates",
    "away": {"enabled": True, "env": {"AWAY_UNTIL": "seen"}},
    "console": {"enabled": True},
    "delivery": {"drainSeconds": 20, "env": {"DELIVERY_OFFLINE_POLICY": "hold"}},
    "monitoring": {"enabled": True, "labels": {"release": "prometheus"}},
    "ingress": {"enabled": True, "host": "shop.example", "tlsSecret": "shop"},
    "networkPolicy": {"clients": [{"podSelector": {"matchLabels": {"app": "ingress"}}}]},
    "autoscaling": {"kind": "keda", "prometheusUrl": "http://prometheus:9090"},
}
VALUES = {"least": LEAST, "all": ALL, "hpa": LEAST | {"autoscaling": {"kind": "hpa"}}}


def render(values: Manifest) -> list[Manifest]:
    """Return the objects that an installation with these values creates."""
    with helm_python.Chart.load(CHART) as chart:
        chart.validate_schema(chart.merge_values(values))
        texts = chart.render(values, name="shop", namespace="prod").values()
    return [one for text in texts for one in yaml.safe_load_all(text) if one]


def named(objects: list[Manifest], kind: str, name: str) -> Manifest:
    """Return the only object with this kind and name."""
    (found,) = [one for one in objects if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    return found


def pod_specs(objects: list[Manifest]) -> dict[str, Manifest]:
    """Return the pods of all Deployments and Jobs, by their first container's name."""
    specs = [
        one["spec"]["template"]["spec"] for one in objects if "template" in one.get("spec", {})
    ]
    return {spec["containers"][0]["name"]: spec for spec in specs}
