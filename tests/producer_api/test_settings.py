"""An invalid setting ends the start with a message that names the setting."""

import pytest

from producer_api.settings import Settings
from runtime.settings import load


@pytest.fixture(autouse=True)
def bare_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("AUTH_JWT_SECRET", "s" * 32)
    monkeypatch.chdir(tmp_path_factory.mktemp("no-env-file"))


def test_defaults_are_those_of_the_contract() -> None:
    settings = load(Settings)
    assert (settings.producer_api_host, settings.producer_api_port) == ("127.0.0.1", 8000)
    assert settings.kafka_topic == "notifications"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PRODUCER_API_PORT", "0"),
        ("PRODUCER_API_PORT", "http"),
        ("PRODUCER_API_MAX_PENDING", "0"),
        ("PRODUCER_API_PUBLISH_TIMEOUT_SECONDS", "inf"),
        ("PRODUCER_API_LEASE_SECONDS", "-1"),
        ("KAFKA_BOOTSTRAP_SERVERS", "localhost"),
        ("KAFKA_TOPIC", "no topic"),
        ("KAFKA_SECURITY_PROTOCOL", "TLS"),
        ("MONGO_URL", "localhost:27017"),
        ("MONGO_URL", "mongodb://"),
        ("MONGO_URL", "mongodb://localhost:99999/"),
        ("MONGO_URL", "mongodb://localhost/?replicaSet"),
        ("KAFKA_SSL_CAFILE", "/no/such/file"),
        ("MONGO_DATABASE", "a.b"),
        ("AUTH_JWKS_URL", "ftp://a"),
        ("AUTH_JWT_SECRET", "s" * 31),
        ("AUTH_JWT_SECRET", "ñ" * 15),
        ("AUTH_JWT_SECRET_PREVIOUS", "short"),
        ("AUTH_MAX_TOKEN_AGE_SECONDS", "0"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_the_message_about_a_bad_value_names_its_variable(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as end:
        load(Settings)
    stderr = capsys.readouterr().err
    assert end.value.code == 2
    assert name in stderr
    assert "Traceback" not in stderr
    if "SECRET" in name:
        assert value not in stderr
        assert "at least 32 bytes" in stderr


def test_a_secret_or_an_issuer_is_required(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AUTH_JWT_SECRET")
    with pytest.raises(SystemExit):
        load(Settings)
    assert "AUTH_JWT_SECRET or AUTH_JWKS_URL" in capsys.readouterr().err
