"""A push service and browsers on loopback. They verify and decrypt messages as the RFCs demand."""

import json
import os
import re
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.auditor.logs import TellingsLog

_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}")
_MOST_BYTES = 4_096


def b64(data: bytes) -> str:
    """Return URL-safe base64 without padding."""
    return urlsafe_b64encode(data).decode().rstrip("=")


def unb64(text: str) -> bytes:
    """Return the bytes of URL-safe base64 without padding."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _raw(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


_KEY = ec.generate_private_key(ec.SECP256R1())
#: The VAPID key pair of the application server, in the format of the settings.
PRIVATE_KEY = b64(_KEY.private_numbers().private_value.to_bytes(32, "big"))
PUBLIC_KEY = b64(_raw(_KEY.public_key()))


@dataclass(slots=True)
class Browser:
    """A browser that has subscribed. Keeps the messages that it receives, and their headers."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    auth: bytes = field(default_factory=lambda: os.urandom(16))
    messages: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    """The statuses of the endpoint's next answers. If the list is empty, it answers 201."""
    user: str = ""

    def subscription(self) -> dict[str, Any]:
        """Return what `PushSubscription.toJSON()` returns."""
        keys = {"p256dh": b64(_raw(self.key.public_key())), "auth": b64(self.auth)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    def decrypt(self, message: bytes) -> bytes:
        """Return the payload (RFC 8291, RFC 8188). Fails if another browser is addressed."""
        salt, length = message[:16], message[20]
        record_size = int.from_bytes(message[16:20], "big")
        sender, sealed = message[21 : 21 + length], message[21 + length :]
        assert len(sealed) <= record_size
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        shared = self.key.exchange(ec.ECDH(), public)
        info = b"WebPush: info\0" + _raw(self.key.public_key()) + sender
        material = _derive(self.auth, shared, info, 32)
        key = _derive(salt, material, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _derive(salt, material, b"Content-Encoding: nonce\0", 12)
        padded = AESGCM(key).decrypt(nonce, sealed, None)
        payload, delimiter, padding = padded.rpartition(b"\x02")
        assert delimiter
        assert not padding.strip(b"\0")
        return payload


@dataclass(slots=True)
class PushService:
    """Owns the browsers that have subscribed, by the path of their endpoint."""

    url: str
    application_key: str
    """The public key that the browsers gave as `applicationServerKey` when they subscribed."""
    browsers: dict[str, Browser] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    log: TellingsLog | None = None
    """The auditor's log of the messages that browsers got."""

    @classmethod
    @asynccontextmanager
    async def running(cls, port: int, application_key: str) -> AsyncIterator["PushService"]:
        """Serve on this port until the context ends."""
        service = cls(f"http://127.0.0.1:{port}", application_key)
        app = web.Application()
        app.router.add_post("/{path:.*}", service._receive)
        runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        try:
            yield service
        finally:
            await runner.cleanup()

    def browser(self) -> Browser:
        """Return a new browser with a subscription."""
        path = f"/push/{secrets.token_urlsafe(12)}"
        self.browsers[path] = browser = Browser(self.url + path)
        return browser

    async def _receive(self, request: web.Request) -> web.StreamResponse:
        browser = self.browsers.get(request.path)
        if browser is None:
            return web.Response(status=404)
        if browser.answers and (status := browser.answers.pop(0)) != 201:
            return web.Response(status=status)
        try:
            body = await request.read()
            self._check(request, body)
            browser.messages.append(json.loads(browser.decrypt(body)))
            browser.headers.append(dict(request.headers))
            if self.log is not None:
                id_ = browser.messages[-1]["id"]
                self.log.note("push", request.path, browser.user, id_)
        except Exception as error:  # noqa: BLE001 - the test reads all of them
            self.problems.append(repr(error))
            return web.Response(status=400)
        return web.Response(status=201)

    def _check(self, request: web.Request, body: bytes) -> None:
        assert len(body) <= _MOST_BYTES
        assert request.headers["Content-Encoding"] == "aes128gcm"
        assert int(request.headers["TTL"]) >= 0
        assert request.headers["Urgency"] in {"very-low", "low", "normal", "high"}
        assert _TOPIC.fullmatch(request.headers["Topic"])
        scheme, _, values = request.headers["Authorization"].partition(" ")
        parts = dict(part.strip().split("=", 1) for part in values.split(","))
        assert scheme == "vapid"
        assert parts["k"] == self.application_key
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(parts["k"]))
        claims = jwt.decode(parts["t"], key, algorithms=["ES256"], audience=self.url)
        assert claims["exp"] <= time.time() + 86_400
        assert claims["sub"].startswith(("mailto:", "https:"))


def _derive(salt: bytes, material: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(material)
