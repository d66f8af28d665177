"""An invalid setting ends the start with a message that names the setting."""

from contextlib import nullcontext
from pathlib import Path

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
    assert settings.producer_api_always_categories == ("order",)


@pytest.mark.parametrize(
    ("value", "categories"),
    [("order, payment", ("order", "payment")), ("none", ())],
)
def test_the_categories_that_cannot_be_muted_are_a_list(
    value: str, categories: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRODUCER_API_ALWAYS_CATEGORIES", value)
    assert load(Settings).producer_api_always_categories == categories


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PRODUCER_API_PORT", "0"),
        ("PRODUCER_API_PORT", "http"),
        ("PRODUCER_API_MAX_PENDING", "0"),
        ("PRODUCER_API_ALWAYS_CATEGORIES", "order.shipped"),
        ("PRODUCER_API_ALWAYS_CATEGORIES", "order,,payment"),
        ("PRODUCER_API_ALWAYS_CATEGORIES", "Order"),
        ("PRODUCER_API_PUBLISH_TIMEOUT_SECONDS", "inf"),
        ("PRODUCER_API_LEASE_SECONDS", "-1"),
        ("KAFKA_BOOTSTRAP_SERVERS", "localhost"),
        ("KAFKA_BOOTSTRAP_SERVERS", "localhost:0"),
        ("KAFKA_BOOTSTRAP_SERVERS", "localhost:70000"),
        ("KAFKA_BOOTSTRAP_SERVERS", "localhost:٣"),
        ("KAFKA_BOOTSTRAP_SERVERS", "kafka://localhost:9092"),
        ("KAFKA_BOOTSTRAP_SERVERS", "a:1,,b:2"),
        ("KAFKA_BOOTSTRAP_SERVERS", "kafka..svc:9092"),
        ("KAFKA_BOOTSTRAP_SERVERS", f"{'k' * 64}.svc:9092"),
        ("KAFKA_TOPIC", ".."),
        ("KAFKA_TOPIC", "t" * 241),
        ("PRODUCER_API_PUBLISH_TIMEOUT_SECONDS", "nan"),
        ("PRODUCER_API_HOST", "http://0.0.0.0"),
        ("PRODUCER_API_HOST", "0.0.0.0:8000"),
        ("PRODUCER_API_HOST", "api..svc"),
        ("KAFKA_TOPIC", "no topic"),
        ("KAFKA_SECURITY_PROTOCOL", "TLS"),
        ("MONGO_URL", "localhost:27017"),
        ("MONGO_URL", "mongodb://"),
        ("MONGO_URL", "http://localhost:27017"),
        ("MONGO_URL", "mongodb://localhost:99999/"),
        ("MONGO_URL", "mongodb://localhost/?replicaSet"),
        ("MONGO_URL", "mongodb://localhost/?tls=true&tlsCAFile=/no/such/file"),
        ("MONGO_URL", f"mongodb://localhost/?tls=true&tlsCAFile={__file__}"),
        ("KAFKA_SSL_CAFILE", "/no/such/file"),
        ("MONGO_DATABASE", "a.b"),
        ("AUTH_JWKS_URL", "ftp://a"),
        ("AUTH_JWKS_URL", "https://"),
        ("AUTH_JWKS_URL", "https://a:99999/jwks"),
        ("AUTH_JWKS_URL", "https://a /jwks"),
        ("AUTH_JWKS_URL", "https://user:password@a/jwks"),
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


@pytest.mark.parametrize(
    "value", ["kafka:9092", "kafka-0.kafka.svc.cluster.local.:9092, 10.0.0.1:9093", "[::1]:9092"]
)
def test_servers_are_accepted(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", value)
    assert load(Settings).kafka_bootstrap_servers == value


@pytest.mark.parametrize(
    ("lease", "publish", "is_accepted"),
    [("15", "3", True), ("15", "14", True), ("15", "15", False), ("2", "3", False)],
)
def test_the_lease_outlasts_a_publish(
    lease: str,
    publish: str,
    is_accepted: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PRODUCER_API_LEASE_SECONDS", lease)
    monkeypatch.setenv("PRODUCER_API_PUBLISH_TIMEOUT_SECONDS", publish)
    with nullcontext() if is_accepted else pytest.raises(SystemExit):
        assert load(Settings).producer_api_lease_seconds == float(lease)
    names = ("PRODUCER_API_LEASE_SECONDS", "PRODUCER_API_PUBLISH_TIMEOUT_SECONDS")
    message = capsys.readouterr().err
    assert [name in message for name in names] == [not is_accepted] * 2


def test_a_secret_or_an_issuer_is_required(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AUTH_JWT_SECRET")
    with pytest.raises(SystemExit):
        load(Settings)
    assert "AUTH_JWT_SECRET or AUTH_JWKS_URL" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("value", "instead"),
    [
        ("https://shop.example/", "write https://shop.example"),
        ("https://shop.example/inbox", "write https://shop.example"),
        ("https://shop.example?a=b", "write https://shop.example"),
        ("shop.example", "write https://shop.example"),
        ("localhost:8080", "write https://localhost:8080"),
        ("HTTPS://Shop.Example", "write https://shop.example"),
        ("https://shop.example:443", "write https://shop.example"),
        ("http://shop.example:80/", "write http://shop.example"),
        ("http://[::1]:8080/", "write http://[::1]:8080"),
        ("null", "such as https://shop.example"),
        ("*.shop.example", "such as https://shop.example"),
        ("https://*.shop.example", "such as https://shop.example"),
        ("*,https://shop.example", "such as https://shop.example"),
        ("https://shop.example,", "such as https://shop.example"),
        ("https://a.example https://b.example", "such as https://shop.example"),
        ("https://user@shop.example", "such as https://shop.example"),
        ("https://shop.example:99999", "such as https://shop.example"),
        ("https://tienda-ñ.example", "such as https://shop.example"),
        ("ftp://shop.example", "such as https://shop.example"),
        ("wss://shop.example", "such as https://shop.example"),
        ("file://localhost", "such as https://shop.example"),
        ("capacitor://localhost/", "write capacitor://localhost"),
        ("https://", "such as https://shop.example"),
    ],
)
def test_an_invalid_origin_is_refused_with_what_to_write(
    value: str, instead: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CORS_ALLOWED_ORIGINS", value)
    with pytest.raises(SystemExit):
        load(Settings)
    message = capsys.readouterr().err
    assert "CORS_ALLOWED_ORIGINS: " in message
    assert instead in message


@pytest.mark.parametrize(
    "value",
    [
        "*",
        "http://localhost:8080",
        "https://shop.example, http://127.0.0.1:8080",
        "http://[::1]:8080",
        "https://xn--tienda--9za.example",
        "capacitor://localhost, ionic://localhost, tauri://localhost",
        "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
        "moz-extension://0198c0de-0001-7000-8000-000000000001",
    ],
)
def test_origins_are_accepted(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORS_ALLOWED_ORIGINS", value)
    assert load(Settings).cors_allowed_origins == value.split(", ")


def test_a_certificate_that_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    monkeypatch.setenv("KAFKA_SECURITY_PROTOCOL", "SSL")
    monkeypatch.setenv("KAFKA_SSL_CAFILE", str(tmp_path / "ca.pem"))
    with pytest.raises(SystemExit):
        load(Settings)
    assert "KAFKA_SSL_CAFILE" in capsys.readouterr().err
