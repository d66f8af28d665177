"""Says why Kafka and a program refuse each other, and which variable to look at.

When connections fail, aiokafka logs the reason for each. But the error that it raises says only
that all of them failed.
"""

import ssl
from typing import Any

from aiokafka.client import AIOKafkaClient
from aiokafka.conn import create_conn
from aiokafka.errors import (
    AuthenticationFailedError,
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)

from runtime.kafka_tokens import TokenProviderError

_ANSWER_MS = 3_000
_OTHER_NAME = 62  # X509_V_ERR_HOSTNAME_MISMATCH
_OTHER_ADDRESS = 64  # X509_V_ERR_IP_ADDRESS_MISMATCH
_EXPIRED = 10  # X509_V_ERR_CERT_HAS_EXPIRED


class KafkaRefusedError(KafkaConnectionError):  # type: ignore[misc] # aiokafka has no types
    """Kafka answers, but the settings do not suit it. The message names the variable."""


async def refusal(client: AIOKafkaClient) -> KafkaRefusedError | None:
    """Connect to each server once more. Return the first refusal; None if a server accepts."""
    # aiokafka keeps the options in private attributes.
    options: dict[str, Any] = {
        name: getattr(client, f"_{name}")
        for name in (
            *("client_id", "ssl_context", "security_protocol", "sasl_mechanism"),
            *("sasl_plain_username", "sasl_plain_password", "sasl_oauth_token_provider"),
        )
    }
    for host, port, _ in client.hosts:
        try:
            connection = await create_conn(host, port, request_timeout_ms=_ANSWER_MS, **options)
        except (OSError, KafkaError, TimeoutError) as error:
            if (problem := _problem(error, options)) is not None:
                return KafkaRefusedError(f"{problem} ({host}:{port}: {error})")
        else:
            connection.close()
            return None
    return None


def _problem(error: Exception, options: dict[str, Any]) -> str | None:
    protocol, mechanism = options["security_protocol"], options["sasl_mechanism"]
    has_token = options["sasl_oauth_token_provider"] is not None
    problem = None
    match error:
        case ssl.SSLCertVerificationError():
            problem = _certificate_problem(error)
        case ssl.SSLError():
            problem = (
                f"KAFKA_SECURITY_PROTOCOL={protocol}, KAFKA_SSL_CERTFILE: Kafka does not agree to "
                "TLS, or refuses the program's certificate"
            )
        case KafkaConnectionError():
            problem = (
                f"KAFKA_SECURITY_PROTOCOL={protocol}: Kafka closes the connection; it is not up, "
                "expects another protocol, or refuses the program's KAFKA_SSL_CERTFILE"
            )
        case TokenProviderError():
            problem = "KAFKA_OAUTH_TOKEN_PROVIDER: Kafka was not asked"
        case UnsupportedSaslMechanismError():
            problem = f"KAFKA_SASL_MECHANISM={mechanism}: Kafka does not offer it"
        case SaslAuthenticationFailed() | AuthenticationFailedError() if has_token:
            problem = "KAFKA_OAUTH_TOKEN_PROVIDER: Kafka refuses its token"
        case SaslAuthenticationFailed() | AuthenticationFailedError():
            problem = "KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD: Kafka does not accept them"
    return problem


def _certificate_problem(error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code in {_OTHER_NAME, _OTHER_ADDRESS}:
        return "KAFKA_BOOTSTRAP_SERVERS: the certificate of this server is for another name"
    if error.verify_code == _EXPIRED:
        return "KAFKA_BOOTSTRAP_SERVERS: the certificate of this server has expired"
    return "KAFKA_SSL_CAFILE: does not have the authority that this server's certificate is from"
