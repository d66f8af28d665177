"""TLS contexts from files, which may be replaced while the program runs."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple


class FileVersion(NamedTuple):
    """What changes when a file is written or replaced. The size is in bytes."""

    inode: int
    size: int
    changed_at_ns: int


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files: a certificate with its key, and the authorities to trust. Each is optional.

    Every method raises `OSError` if a file cannot be read, and `ssl.SSLError` if its content is not
    valid, or if the key does not belong to the certificate.
    """

    certfile: Path | None = None
    keyfile: Path | None = None
    """The certificate's key, if it is not in the same file."""
    cafile: Path | None = None

    def server_context(self) -> ssl.SSLContext:
        """Return a context for a port. With `cafile`, clients need a certificate that it trusts."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=self.cafile)
        if self.cafile is not None:
            context.verify_mode = ssl.CERT_REQUIRED
        self._add_certificate(context)
        return context

    def client_context(self) -> ssl.SSLContext:
        """Return a context for a client. Without `cafile`, it trusts the system's authorities."""
        context = ssl.create_default_context(cafile=self.cafile)
        self._add_certificate(context)
        return context

    def load_again(self, *contexts: ssl.SSLContext) -> None:
        """Load the files into contexts that are in use. New connections use them from then on.

        Authorities are only added: one that is removed from the file is trusted until the process
        ends.
        """
        # Load the files into a new context first. If they do not belong together, this raises an
        # error, and the contexts in use stay as they are.
        self.client_context()
        for context in contexts:
            self._add_certificate(context)
            if self.cafile is not None:
                context.load_verify_locations(self.cafile)

    def versions(self) -> tuple[FileVersion, ...]:
        """Return the version of each file, to see later whether one was changed or replaced."""
        files = (self.certfile, self.keyfile, self.cafile)
        return tuple(_version(file) for file in files if file is not None)

    def _add_certificate(self, context: ssl.SSLContext) -> None:
        if self.certfile is not None:
            context.load_cert_chain(self.certfile, self.keyfile)


def _version(file: Path) -> FileVersion:
    found = file.stat()
    return FileVersion(found.st_ino, found.st_size, found.st_mtime_ns)
