"""How programs connect to Kafka: the client's options, and the errors that name bad settings."""

import ssl
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from pydantic import ValidationError

from producer_api.contract.kafka_settings import KafkaSettings
from tests.cluster.certificates import Authority, Certificate

_PASSWORD = "a password"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def certificate(authority: Authority) -> Certificate:
    return authority.issue("delivery", password=_PASSWORD)


@pytest.fixture
def provider() -> Iterator[ModuleType]:
    """The importable module `a_provider`, as an operator may write one."""
    module = ModuleType("a_provider")
    sys.modules["a_provider"] = module
    yield module
    del sys.modules["a_provider"]


def _settings(**fields: object) -> KafkaSettings:
    return KafkaSettings.model_validate({f"kafka_{name}": value for name, value in fields.items()})


def _refusal(**fields: object) -> str:
    with pytest.raises(ValidationError) as refused:
        _settings(**fields)
    return str(refused.value)


def test_a_program_may_prove_who_it_is_with_a_certificate(
    authority: Authority, certificate: Certificate
) -> None:
    files = {"ssl_certfile": certificate.chain, "ssl_keyfile": certificate.key}
    settings = _settings(
        security_protocol="SSL",
        ssl_cafile=authority.file,
        ssl_password=_PASSWORD,
        **files,
    )
    options = settings.kafka_client_options()
    assert isinstance(options["ssl_context"], ssl.SSLContext)
    assert options["ssl_context"].check_hostname
    one_file = _settings(
        security_protocol="SSL", ssl_certfile=certificate.both, ssl_password=_PASSWORD
    )
    assert "ssl_context" in one_file.kafka_client_options()


@pytest.mark.parametrize("password", [None, "another password"])
def test_a_key_needs_its_password(certificate: Certificate, password: str | None) -> None:
    files = {"ssl_certfile": certificate.chain, "ssl_keyfile": certificate.key}
    message = _refusal(security_protocol="SSL", ssl_password=password, **files)
    assert "KAFKA_SSL_CERTFILE, KAFKA_SSL_KEYFILE, KAFKA_SSL_PASSWORD: cannot be used" in message


def test_a_key_needs_a_certificate(certificate: Certificate) -> None:
    assert "KAFKA_SSL_CERTFILE: not set" in _refusal(ssl_keyfile=certificate.key)


def test_a_file_without_a_certificate_is_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    message = _refusal(security_protocol="SASL_SSL", ssl_cafile=tmp_path / "ca.pem", **_SCRAM)
    assert "KAFKA_SSL_CAFILE: has no certificate in PEM" in message


_SCRAM = {"sasl_mechanism": "SCRAM-SHA-512", "sasl_username": "a", "sasl_password": "b"}


@pytest.mark.parametrize("missing", ["sasl_username", "sasl_password"])
def test_a_mechanism_with_a_password_needs_user_and_password(missing: str) -> None:
    fields = {name: value for name, value in _SCRAM.items() if name != missing}
    assert f"KAFKA_{missing.upper()}: not set" in _refusal(security_protocol="SASL_SSL", **fields)


def test_a_token_provider_is_shared_by_all_clients(provider: ModuleType) -> None:
    provider.token = lambda: "a token"  # type: ignore[attr-defined]
    settings = _settings(oauth_token_provider="a_provider:token", **_OAUTH)
    first, second = settings.kafka_client_options(), settings.kafka_client_options()
    assert first["sasl_oauth_token_provider"] is second["sasl_oauth_token_provider"]
    assert "sasl_plain_username" not in first


_OAUTH = {"security_protocol": "SASL_SSL", "sasl_mechanism": "OAUTHBEARER"}


def test_tokens_need_a_provider() -> None:
    assert "KAFKA_OAUTH_TOKEN_PROVIDER: not set" in _refusal(**_OAUTH)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("no_such_module:token", "cannot be imported: ModuleNotFoundError"),
        ("a_provider:nothing", "cannot be imported: AttributeError"),
        ("a_provider:__name__", "is no callable"),
        ("a_provider", "kafka_oauth_token_provider"),
        ("a_provider.token", "kafka_oauth_token_provider"),
    ],
)
@pytest.mark.usefixtures("provider")
def test_a_provider_that_cannot_be_used_is_named(name: str, problem: str) -> None:
    assert problem in _refusal(oauth_token_provider=name, **_OAUTH)
