"""A cluster's certificates, which its own authority issues when the cluster starts."""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_LIFE = timedelta(days=2)
_OWNER_ONLY = 0o600


class Authority:
    """A certificate authority in a folder. Kafka and MongoDB trust only this authority."""

    def __init__(self, folder: Path, name: str = "authority of the test cluster") -> None:
        self._folder = folder
        self._key = generate_private_key(SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        certificate = (
            _builder(self._name, self._name, self._key)
            .add_extension(constraints, critical=True)
            .sign(self._key, SHA256())
        )
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / f"{name.replace(' ', '-')}.pem"
        """The authority's own certificate."""
        self.file.write_bytes(certificate.public_bytes(Encoding.PEM))

    def issue(self, name: str, unit: str = "", *, password: str = "") -> "Certificate":
        """Issue a certificate for a server on this machine or a client, and write it to files.

        `name` becomes the certificate's common name, and `unit` its organizational unit, if not
        empty. The key is encrypted with the password, if there is one.
        """
        key = generate_private_key(SECP256R1())
        names = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
        if unit:
            names.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit))
        usage = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        hosts = [x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
        certificate = (
            _builder(x509.Name(names), self._name, key)
            .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
            .add_extension(x509.ExtendedKeyUsage(usage), critical=False)
            .sign(self._key, SHA256())
        )
        chain = certificate.public_bytes(Encoding.PEM)
        encryption = BestAvailableEncryption(password.encode()) if password else NoEncryption()
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
        files = Certificate(self._folder / (f"{name}-{unit}" if unit else name))
        for path, text in ((files.chain, chain), (files.key, secret), (files.both, secret + chain)):
            path.touch(_OWNER_ONLY)
            path.write_bytes(text)
        return files


class Certificate:
    """The files of one certificate: the certificate, its key, and both in one file."""

    def __init__(self, stem: Path) -> None:
        self.chain = stem.with_name(f"{stem.name}.crt")
        self.key = stem.with_name(f"{stem.name}.key")
        self.both = stem.with_name(f"{stem.name}.pem")


def _builder(subject: x509.Name, issuer: x509.Name, key: object) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())  # type: ignore[attr-defined] # an elliptic curve's key
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _LIFE)
    )
