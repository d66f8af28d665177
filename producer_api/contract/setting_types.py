"""Types of settings: addresses, origins and secrets. Each refusal says what to write instead."""

import re
from ipaddress import IPv6Address
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode
from pymongo import MongoClient
from pymongo.errors import PyMongoError
from pymongo.uri_parser import parse_uri

_SHORTEST_SECRET_BYTES = 32
_LAST_PORT = 65_535
_DEFAULT_PORTS = {"http": 80, "https": 443}
#: Pages with these schemes have no origin, or none that a browser sends. Apps and browser
#: extensions have other schemes, such as `capacitor` and `chrome-extension`, and send an origin.
_NO_PAGES = frozenset({"about", "blob", "data", "file", "ftp", "javascript", "ws", "wss"})
#: A part of a host name has 1 to 63 characters. Python raises `UnicodeError` for other names when
#: it resolves them, which would end the process.
_NAME = re.compile(r"(?:[A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?")
_SERVER = re.compile(rf"({_NAME.pattern}|\[[0-9A-Fa-f:.]+\]):([0-9]{{1,5}})")
_PRINTABLE = re.compile(r"[!-~]+")
_ANY_ORIGIN = "*"


def _jwt_secret(value: SecretStr) -> SecretStr:
    count = len(value.get_secret_value().encode())
    if count < _SHORTEST_SECRET_BYTES:
        raise ValueError(
            f"must have at least {_SHORTEST_SECRET_BYTES} bytes, because HS256 is only as strong "
            f"as its secret; it has {count}. Make one with `openssl rand -hex 32`"
        )
    return value


def web_url(value: str) -> str:
    """Return an http or https URL. Raises `ValueError`."""
    parts = _split(value)
    if parts is None or parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError(f"expected a URL such as https://host.example; got {value!r}")
    if "@" in parts.netloc or parts.fragment:
        raise ValueError("the URL must have no user name, password or fragment")
    return value


def _origins(value: object) -> object:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _check_origins(values: list[str]) -> list[str]:
    if values == [_ANY_ORIGIN]:
        return values
    for value in values:
        origin = _origin_of(value)
        if origin is None:
            raise ValueError(
                f"{value!r} is no origin; write the scheme and the host of the page, such as "
                f"https://shop.example, separated by commas, or only {_ANY_ORIGIN}"
            )
        if value != origin:
            # Browsers send the origin in this form, and the programs compare it as text.
            raise ValueError(f"{value!r} is no origin; write {origin}")
    return values


def _origin_of(value: str) -> str | None:
    """Return the origin that this text means, as browsers write it; None if it means none."""
    parts = _split(value if "://" in value else f"https://{value}")
    if parts is None or parts.scheme in _NO_PAGES or not parts.hostname:
        return None
    if "@" in parts.netloc or not _is_host(parts.hostname) or parts.hostname == "null":
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    is_default = parts.port in {None, _DEFAULT_PORTS.get(parts.scheme)}
    return f"{parts.scheme}://{host}" if is_default else f"{parts.scheme}://{host}:{parts.port}"


def _split(value: str) -> SplitResult | None:
    if not _PRINTABLE.fullmatch(value):
        return None
    try:
        parts = urlsplit(value)
        is_port = parts.port != 0  # reading `port` checks that it is a number up to 65535
    except ValueError:
        return None
    return parts if is_port else None


def _is_host(value: str) -> bool:
    """Return whether this is a name, an IPv4 address, or an IPv6 address without brackets."""
    if ":" not in value:
        return _NAME.fullmatch(value) is not None
    try:
        return bool(IPv6Address(value))
    except ValueError:
        return False


def _host(value: str) -> str:
    if not _is_host(value):
        raise ValueError(f"expected a host name or an IP address, without a port; got {value!r}")
    return value


def _servers(value: str) -> str:
    for server in value.split(","):
        match = _SERVER.fullmatch(server.strip())
        if not match or not 1 <= int(match[2]) <= _LAST_PORT:
            raise ValueError(f"expected host:port, comma-separated; got {server!r}")
    return value


def _topic(value: str) -> str:
    if value in {".", ".."}:
        raise ValueError(f"{value!r} is no name that Kafka allows for a topic")
    return value


def _mongo_url(value: str) -> str:
    if not value.startswith(("mongodb://", "mongodb+srv://")):
        raise ValueError("must begin with mongodb:// or mongodb+srv://")
    try:
        # Do not parse a mongodb+srv URL here, because pymongo would query DNS for the hosts.
        if not value.startswith("mongodb+srv://"):
            parse_uri(value)
            # The client reads the files that the URL names, but does not connect.
            MongoClient[dict[str, object]](value, connect=False).close()
    except (PyMongoError, ValueError, OSError) as error:
        raise ValueError(str(error)) from error
    return value


#: A secret that signs tokens with HS256 (RFC 7518, section 3.2).
JwtSecret = Annotated[SecretStr, AfterValidator(_jwt_secret)]
WebUrl = Annotated[str, AfterValidator(web_url)]
Origins = Annotated[list[str], NoDecode, BeforeValidator(_origins), AfterValidator(_check_origins)]
Host = Annotated[str, AfterValidator(_host)]
Servers = Annotated[str, AfterValidator(_servers)]
Topic = Annotated[str, AfterValidator(_topic)]
MongoUrl = Annotated[str, AfterValidator(_mongo_url)]
