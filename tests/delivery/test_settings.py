"""Delivery's own settings: the address that other instances dial, and the secrets of peers."""

from pathlib import Path

import pytest

from delivery.settings import Settings
from runtime.settings import load
from tests.cluster.certificates import Authority

_SECRET, _PREVIOUS = "s" * 32, "p" * 32


@pytest.fixture(autouse=True)
def bare_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("AUTH_JWT_SECRET", _SECRET)
    monkeypatch.chdir(tmp_path_factory.mktemp("no-env-file"))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "0", "0.0", "::0", "0:0:0:0:0:0:0:0"])  # noqa: S104 - refused
def test_an_instance_that_listens_on_all_addresses_must_advertise_one(
    host: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DELIVERY_HOST", host)
    with pytest.raises(SystemExit):
        load(Settings)
    message = capsys.readouterr().err
    assert "DELIVERY_ADVERTISED_URL is missing" in message
    assert "http://its-own-name:8101" in message
    monkeypatch.setenv("DELIVERY_ADVERTISED_URL", "http://delivery-1:8101/")
    assert load(Settings).advertised_url == "http://delivery-1:8101"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DELIVERY_ADVERTISED_URL", "delivery-1:8101"),
        ("DELIVERY_ADVERTISED_URL", "http://0.0.0.0:8101"),
        ("DELIVERY_ADVERTISED_URL", "http://[::]:8101"),
        ("DELIVERY_ADVERTISED_URL", "http://delivery-1:99999"),
        ("DELIVERY_ADVERTISED_URL", "http://delivery-1:0"),
        ("DELIVERY_ADVERTISED_URL", "http://delivery-1/?a=b"),
        ("DELIVERY_ADVERTISED_URL", "http://delivery-1/#a"),
        ("DELIVERY_ADVERTISED_URL", "http://user@delivery-1"),
        ("DELIVERY_ADVERTISED_URL", "http://delivery 1"),
        ("DELIVERY_ADVERTISED_URL", "http://"),
        ("DELIVERY_ADVERTISED_URL", f"http://{'d' * 500}"),
        ("DELIVERY_HOST", "http://127.0.0.1"),
        ("DELIVERY_HOST", "127.0.0.1:8101"),
        ("DELIVERY_PORT", "65536"),
        ("DELIVERY_ACK_TIMEOUT_SECONDS", "nan"),
        ("DELIVERY_ACK_TIMEOUT_SECONDS", "-1"),
        ("DELIVERY_DRAIN_SECONDS", "nan"),
        ("DELIVERY_DRAIN_SECONDS", "inf"),
        ("DELIVERY_MAX_IN_FLIGHT_PER_PARTITION", "0"),
        ("DELIVERY_OFFLINE_POLICY", "drop"),
        ("CORS_ALLOWED_ORIGINS", "https://shop.example/"),
        ("AUTH_JWT_SECRET", "short"),
    ],
)
def test_the_message_about_a_bad_value_names_its_variable(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as end:
        load(Settings)
    assert end.value.code == 2
    assert name in capsys.readouterr().err


def test_a_derived_peer_secret_rotates_with_the_tokens_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    [before] = load(Settings).peer_secrets
    monkeypatch.setenv("AUTH_JWT_SECRET_PREVIOUS", _SECRET)
    monkeypatch.setenv("AUTH_JWT_SECRET", "n" * 32)
    assert load(Settings).peer_secrets[1:] == [before]


def test_a_configured_peer_secret_replaces_the_derived_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise an order service, which can sign tokens, could pass as an instance."""
    [derived] = load(Settings).peer_secrets
    monkeypatch.setenv("DELIVERY_PEER_SECRET_PREVIOUS", "own")
    assert load(Settings).peer_secrets == [derived, b"own"]
    monkeypatch.delenv("DELIVERY_PEER_SECRET_PREVIOUS")
    monkeypatch.setenv("DELIVERY_PEER_SECRET", "own")
    assert load(Settings).peer_secrets == [b"own"]


def test_peers_are_dialled_at_their_port(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DELIVERY_PEER_PORT", "8201")
    assert load(Settings).advertised_url == "http://127.0.0.1:8201"
    for advertised in ("http://delivery-1:8201", "http://delivery-1:9000", "https://delivery-1"):
        monkeypatch.setenv("DELIVERY_ADVERTISED_URL", advertised)
        assert load(Settings).advertised_url == advertised
    monkeypatch.setenv("DELIVERY_ADVERTISED_URL", "http://delivery-1:8101")
    with pytest.raises(SystemExit):
        load(Settings)
    assert "name the port that leads to 8201" in capsys.readouterr().err


def test_the_peers_port_is_not_the_public_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DELIVERY_PEER_PORT", "8101")
    with pytest.raises(SystemExit):
        load(Settings)
    assert "DELIVERY_PEER_PORT is 8101, as DELIVERY_PORT" in capsys.readouterr().err


def test_peers_get_tls_only_at_a_port_of_their_own_with_an_https_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    certificate = Authority(tmp_path).issue("peer")
    steps = [
        ("DELIVERY_PEER_TLS_KEYFILE", str(certificate.key), "DELIVERY_PEER_TLS_CERTFILE"),
        ("DELIVERY_PEER_TLS_CERTFILE", str(certificate.chain), "DELIVERY_ADVERTISED_URL"),
        ("DELIVERY_ADVERTISED_URL", "https://delivery-1:8102", "DELIVERY_PEER_PORT"),
        ("DELIVERY_PEER_PORT", "8102", ""),
        ("DELIVERY_PEER_TLS_CAFILE", str(certificate.key), "DELIVERY_PEER_TLS_*"),
    ]
    for name, value, missing in steps:
        monkeypatch.setenv(name, value)
        if missing:
            with pytest.raises(SystemExit):
                load(Settings)
            assert missing in capsys.readouterr().err
        else:
            assert load(Settings).peer_port_serves_tls


def test_a_certificate_alone_does_not_make_the_port_serve_tls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = Authority(tmp_path).issue("peer")
    monkeypatch.setenv("DELIVERY_PEER_TLS_CERTFILE", str(certificate.both))
    monkeypatch.setenv("DELIVERY_ADVERTISED_URL", "http://delivery-1:8101")
    assert not load(Settings).peer_port_serves_tls, (
        "it may only be for dialling peers that serve TLS"
    )
