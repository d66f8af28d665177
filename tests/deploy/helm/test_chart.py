"""The Helm chart, rendered by Helm, against the schemas of Kubernetes and our own programs."""

import re

import helm_python
import kubernetes_validate
import pytest
import yaml
from pydantic_settings import BaseSettings

from delivery.away.settings import AwaySettings
from delivery.away.vapid_keys import new_private_key
from delivery.settings import Settings as DeliverySettings
from delivery.tools.settings import ToolSettings
from deploy.console.settings import ConsoleSettings
from deploy.local.paths import ROOT
from producer_api.settings import Settings as ApiSettings
from runtime import lifecycle
from runtime.workers import lifeline
from tests.deploy.helm.rendered import ALL, CHART, LEAST, VALUES, Manifest, named, pod_specs, render

pytestmark = pytest.mark.xdist_group("helm")

_PROGRAMS: dict[str, type[BaseSettings]] = {
    "producer-api": ApiSettings,
    "delivery": DeliverySettings,
    "away": AwaySettings,
    "console": ConsoleSettings,
    "topics": ToolSettings,
}
#: The kinds that extensions of Kubernetes define, with their version and required fields. No
#: package has their schemas.
_OTHERS = {
    "ServiceMonitor": ("monitoring.coreos.com/v1", {"selector", "endpoints"}),
    "PrometheusRule": ("monitoring.coreos.com/v1", {"groups"}),
    "ScaledObject": ("keda.sh/v1alpha1", {"scaleTargetRef", "triggers"}),
}
_WARNING = 2


@pytest.mark.parametrize("name", VALUES)
def test_helm_and_kubernetes_accept_the_chart(name: str) -> None:
    report = helm_python.lint(CHART, VALUES[name], strict=True)
    assert not [one for one in report["messages"] if one["severity"] >= _WARNING]
    for one in render(VALUES[name]):
        if one["kind"] in _OTHERS:
            version, needed = _OTHERS[one["kind"]]
            assert one["apiVersion"] == version
            assert needed <= one["spec"].keys()
        else:
            for version in ("1.30", "1.37"):
                kubernetes_validate.validate(one, version, strict=True)


def test_each_program_starts_with_the_environment_of_its_pod(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    secrets = {
        "AUTH_JWT_SECRET": "s" * 32,
        "MONGO_URL": "mongodb://mongo-0,mongo-1/?replicaSet=rs0",
        "AWAY_VAPID_PRIVATE_KEY": new_private_key(),
        "AWAY_VAPID_SUBJECT": "mailto:ops@shop.example",
    }
    specs = pod_specs(render(ALL))
    assert specs.keys() == _PROGRAMS.keys()
    for name, spec in specs.items():
        (container,) = spec["containers"]
        env = secrets | {"POD_IP": "10.1.2.3"}
        for variable in container["env"]:
            value = variable.get("value", env.get(variable["name"], ""))
            env[variable["name"]] = value.replace("$(POD_IP)", "10.1.2.3")
        with monkeypatch.context() as patch:
            for variable, value in env.items():
                patch.setenv(variable, value)
            settings = _PROGRAMS[name]()
        assert settings.model_dump()["kafka_bootstrap_servers"] == "kafka-0:9092,kafka-1:9092"
        if isinstance(settings, ConsoleSettings):
            assert settings.producer_api_url == "http://shop-producer-api:8000"
            assert settings.console_delivery_port == 8101
        if isinstance(settings, DeliverySettings):
            # Kubernetes replaces only variables that are defined earlier.
            assert container["env"][0]["name"] == "POD_IP"
            assert settings.advertised_url == "http://10.1.2.3:8102"
            assert settings.delivery_offline_policy == "hold"
            assert {port["containerPort"] for port in container["ports"]} == {8101, 8102}


def test_pods_with_ipv6_listen_on_it_and_advertise_a_url(monkeypatch: pytest.MonkeyPatch) -> None:
    specs = pod_specs(render(LEAST | {"ipFamily": "IPv6"}))
    (container,) = specs["delivery"]["containers"]
    monkeypatch.setenv("AUTH_JWT_SECRET", "s" * 32)
    for variable in container["env"][1:]:
        monkeypatch.setenv(variable["name"], variable["value"].replace("$(POD_IP)", "fd00::7"))
    settings = DeliverySettings()
    assert settings.advertised_url == "http://[fd00::7]:8102"
    assert settings.delivery_host == "::"


def test_a_value_of_one_program_wins_even_if_it_is_false() -> None:
    values = LEAST | {"config": LEAST["config"] | {"DELIVERY_REMOVE_GONE_PEERS": True}}
    own = {"DELIVERY_REMOVE_GONE_PEERS": False, "DELIVERY_DRAIN_SECONDS": 9}
    spec = pod_specs(render(values | {"delivery": {"env": own, "drainSeconds": 0}}))["delivery"]
    env = {one["name"]: one.get("value") for one in spec["containers"][0]["env"]}
    assert env["DELIVERY_REMOVE_GONE_PEERS"] == "false"
    # The chart computes `terminationGracePeriodSeconds` from `drainSeconds`, so a value in `env`
    # must have no effect.
    assert env["DELIVERY_DRAIN_SECONDS"] == "0"


def test_numbers_are_written_in_full() -> None:
    numbers = {"A": 8000, "B": 1_048_576, "C": -250_000_000, "D": 0.5, "E": 0, "F": "1e6"}
    spec = pod_specs(render({**LEAST, "config": LEAST["config"] | numbers}))["delivery"]
    env = {one["name"]: one.get("value") for one in spec["containers"][0]["env"]}
    assert [env[name] for name in numbers] == ["8000", "1048576", "-250000000", "0.5", "0", "1e6"]


def test_a_secret_of_one_program_reaches_no_other() -> None:
    own = {"away": {"enabled": True, "existingSecrets": ["vapid"]}}
    own["topics"] = {"existingSecrets": ["admin"], "env": {"KAFKA_SASL_USERNAME": "admin"}}
    config = LEAST["config"] | {"KAFKA_SASL_USERNAME": "shop"}
    containers = {
        name: spec["containers"][0]
        for name, spec in pod_specs(render(LEAST | own | {"config": config})).items()
    }
    secrets = {
        name: [one["secretRef"]["name"] for one in container["envFrom"]]
        for name, container in containers.items()
    }
    assert secrets == {
        "producer-api": ["notifications"],
        "delivery": ["notifications"],
        "away": ["notifications", "vapid"],
        "topics": ["notifications", "admin"],
    }
    users = {
        name: one["value"]
        for name, container in containers.items()
        for one in container["env"]
        if one["name"] == "KAFKA_SASL_USERNAME"
    }
    assert users == {"producer-api": "shop", "delivery": "shop", "away": "shop", "topics": "admin"}


def test_pods_have_no_privileges_and_write_only_to_tmp() -> None:
    for name, spec in pod_specs(render(ALL)).items():
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        (container,) = spec["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["image"].startswith("registry.shop.example/pipeline/")
        writable = [
            one["mountPath"] for one in container["volumeMounts"] if not one.get("readOnly")
        ]
        assert writable == ["/tmp"]  # noqa: S108 - the pod's


@pytest.mark.parametrize("name", ["least", "all"])
def test_a_pod_has_the_time_to_drain(name: str) -> None:
    for spec in pod_specs(render(VALUES[name])).values():
        if spec.get("restartPolicy") == "Never":
            continue
        (container,) = spec["containers"]
        env = {one["name"]: one.get("value") for one in container["env"]}
        drain = float(env.get("DELIVERY_DRAIN_SECONDS") or 0)
        pause = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        needed = pause + drain + lifecycle._STOP_SECONDS
        assert spec["terminationGracePeriodSeconds"] > needed


def test_a_dependency_delays_a_rollout_but_restarts_nothing() -> None:
    for spec in pod_specs(render(LEAST)).values():
        (container,) = spec["containers"]
        if "ports" in container:
            assert container["startupProbe"]["httpGet"]["path"] == "/readyz"
            assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
            assert container["readinessProbe"]["httpGet"]["path"] == "/healthz"


def test_only_instances_reach_the_port_of_peers() -> None:
    policy = named(render(ALL), "NetworkPolicy", "shop-delivery")["spec"]
    own = policy["podSelector"]
    (peers,) = [rule for rule in policy["ingress"] if rule["ports"] == [{"port": "peers"}]]
    assert peers["from"] == [{"podSelector": own}]
    others = [rule["from"] for rule in policy["ingress"] if rule is not peers]
    console = {**own["matchLabels"], "app.kubernetes.io/component": "console"}
    clients = [{"podSelector": {"matchLabels": one}} for one in ({"app": "ingress"}, console)]
    assert clients in others


def test_the_topics_are_made_before_the_programs_start() -> None:
    job = named(render(LEAST), "Job", "shop-topics")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["delivery.tools", "topics", "--apply"]


def test_the_alerts_are_those_of_the_repository_and_know_the_jobs() -> None:
    objects = render(ALL)
    alerts = yaml.safe_load((ROOT / "deploy" / "observability" / "alerts.yml").read_text())
    assert named(objects, "PrometheusRule", "shop")["spec"] == alerts
    monitors = [one["spec"] for one in objects if one["kind"] == "ServiceMonitor"]
    jobs = {one["endpoints"][0]["relabelings"][0]["replacement"] for one in monitors}
    assert {"producer_api", "delivery", "away"} <= jobs


def test_delivery_is_scaled_by_metrics_that_it_has() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "delivery").glob("*.py"))
    triggers = named(render(ALL), "ScaledObject", "shop-delivery")["spec"]["triggers"]
    queries = [one["metadata"]["query"] for one in triggers]
    metrics = {name for query in queries for name in re.findall(r"delivery_[a-z_]+", query)}
    assert metrics == {"delivery_event_loop_lag_seconds_bucket", "delivery_lag_records"}
    assert all(f'"{name.removesuffix("_bucket")}"' in sources for name in metrics)
    # The load of another release in this namespace must not count.
    assert all('namespace="prod",pod=~"shop-delivery-.*"}' in query for query in queries)
    # With `replicas`, each upgrade would reset the number of pods.
    assert "replicas" not in named(render(ALL), "Deployment", "shop-delivery")["spec"]


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"config": LEAST["config"]}, "existingSecrets"),
        ({"existingSecrets": ["a"]}, "KAFKA_BOOTSTRAP_SERVERS"),
        (LEAST | {"config": {**LEAST["config"], "AUTH_JWT_SECRET": "x"}}, "AUTH_JWT_SECRET"),
        (LEAST | {"delivery": {"replica": 3}}, "replica"),
        (LEAST | {"producerApi": {"stopSeconds": int(lifeline._STOP_SECONDS)}}, "stopSeconds"),
        (LEAST | {"ingress": {"enabled": True}}, "ingress.host"),
        (LEAST | {"autoscaling": {"kind": "keda"}}, "autoscaling.prometheusUrl"),
    ],
)
def test_values_that_cannot_work_are_refused_by_name(values: Manifest, complaint: str) -> None:
    with pytest.raises(helm_python.HelmError, match=complaint):
        render(values)


def test_the_readme_lists_exactly_the_values() -> None:
    text = (CHART / "README.md").read_text()
    rows = dict(re.findall(r"^\| `([\w.*]+)` \| (.*?) \| ", text, re.MULTILINE))
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    programs = {"producerApi", "delivery", "away", "console"}
    for path, value in _leaves(values):
        first, _, rest = path.partition(".")
        row = path if path in rows else f"*.{rest}" if first in programs else path
        assert row in rows, f"{path} is not in the table"
        if not row.startswith("*"):
            assert yaml.safe_load(rows[row].strip("`")) == value
    known = {path for path, _ in _leaves(values)}
    known |= {f"*.{path.partition('.')[2]}" for path in known if path.split(".")[0] in programs}
    assert rows.keys() <= known


def _leaves(values: Manifest, prefix: str = "") -> list[tuple[str, object]]:
    leaves: list[tuple[str, object]] = []
    for name, value in values.items():
        path = f"{prefix}{name}"
        if isinstance(value, dict) and value and name != "resources":
            leaves += _leaves(value, f"{path}.")
        else:
            leaves.append((path, value))
    return leaves
