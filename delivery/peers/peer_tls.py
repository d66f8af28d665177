"""TLS on the links between instances."""

import asyncio
import logging
import ssl
from typing import NoReturn

from runtime.tls_files import FileVersion, TlsFiles

_log = logging.getLogger(__name__)

_CHECK_SECONDS = 30.0


class PeerTls:
    """Owns this instance's TLS contexts: one to dial peers, and one to serve them.

    Loads the files again when they change, so that a certificate is renewed without a restart.
    """

    def __init__(self, files: TlsFiles, *, serves: bool = False, name: str | None = None) -> None:
        """Take the files, and whether this instance's port for peers serves TLS.

        `name` is the name in the certificates of all peers, if it is not the host that is dialled.
        Raises `OSError` if the port needs a file that cannot be used.
        """
        self.name = name
        self._files = files
        # Note the versions before loading the files. If a file is replaced in between, `run` then
        # finds it changed.
        self._loaded = self._versions()
        self.server = files.server_context() if serves else None
        """The context of this instance's port for peers; None if the port serves plain HTTP."""
        #: Created for the first https address, because loading the system's authorities is slow.
        self._client: ssl.SSLContext | None = None

    @property
    def client(self) -> ssl.SSLContext:
        """The context with which this instance dials https addresses.

        Raises `OSError` if a file cannot be used when it is needed for the first time.
        """
        if self._client is None:
            self._client = self._files.client_context()
        return self._client

    async def run(self) -> NoReturn:
        """Check for changed files, until cancelled."""
        while True:
            await asyncio.sleep(_CHECK_SECONDS)
            versions = await asyncio.to_thread(self._versions)
            if versions in (self._loaded, None):
                continue
            in_use = [context for context in (self._client, self.server) if context is not None]
            try:
                await asyncio.to_thread(self._files.load_again, *in_use)
            except OSError as error:
                # The files are being replaced, or are wrong. Keep the previous certificate in use.
                _log.error("peer certificate not loaded", extra={"cause": str(error)})
            else:
                self._loaded = versions
                _log.info("peer certificate loaded")

    def _versions(self) -> tuple[FileVersion, ...] | None:
        try:
            return self._files.versions()
        except OSError:
            return None  # a file is being replaced
