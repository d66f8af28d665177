"""Finds out how to connect to Kafka from the environment variables that the programs read."""

import ssl
from collections.abc import Mapping
from typing import Any

Options = dict[str, Any]
"""The connection options of an aiokafka client, including `bootstrap_servers`."""

_SECURITY = ("KAFKA_SECURITY_PROTOCOL", "KAFKA_SASL_", "KAFKA_SSL_")


def security_of(env: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that say how to authenticate."""
    return {name: value for name, value in env.items() if name.startswith(_SECURITY) and value}


def kafka_options(bootstrap: str, security: Mapping[str, str]) -> Options:
    """Return the options for the broker at this address. Raises `OSError` for a bad certificate."""
    protocol = security.get("KAFKA_SECURITY_PROTOCOL", "PLAINTEXT")
    options: Options = {"bootstrap_servers": bootstrap, "security_protocol": protocol}
    if protocol.endswith("SSL"):
        context = ssl.create_default_context(cafile=security.get("KAFKA_SSL_CAFILE"))
        if certificate := security.get("KAFKA_SSL_CERTFILE"):
            password = security.get("KAFKA_SSL_PASSWORD")
            context.load_cert_chain(certificate, security.get("KAFKA_SSL_KEYFILE"), password)
        options["ssl_context"] = context
    if protocol.startswith("SASL"):
        options["sasl_mechanism"] = security.get("KAFKA_SASL_MECHANISM", "PLAIN")
        options["sasl_plain_username"] = security.get("KAFKA_SASL_USERNAME")
        options["sasl_plain_password"] = security.get("KAFKA_SASL_PASSWORD")
    return options
