"""The shop answers bad input with a message, whatever bytes it gets."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr

from deploy.demo_shop import app
from deploy.demo_shop.app import create_app
from deploy.demo_shop.client import NotificationClient
from deploy.demo_shop.settings import ShopSettings
from tests.services.tokens import SECRET

_JSON = "application/json"


@pytest_asyncio.fixture
async def shop() -> AsyncIterator[httpx.AsyncClient]:
    settings = ShopSettings(auth_jwt_secret=SecretStr(SECRET))
    async with NotificationClient("http://localhost:1", SECRET) as client:
        transport = httpx.ASGITransport(create_app(settings, client))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as shop:
            yield shop


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        (b"\xff", _JSON, 400),
        (b"\xff", "text/plain", 400),
        (b"\xff", "", 400),
        (b'{"user_id":"\xff"}', _JSON, 400),
        (b'{"user_id":"\\ud800"}', _JSON, 404),
        (b'{"user_id":"a\\u0000b"}', _JSON, 404),
        (b'{"user_id":NaN}', _JSON, 422),
        (b'{"user_id":1e999}', _JSON, 422),
        (b'{"user_id":7}', _JSON, 422),
        (b"{}", _JSON, 422),
        (b"[NaN]", _JSON, 400),
        (b"null", _JSON, 400),
        (b"", _JSON, 400),
        (b'{"user_id":%b}' % (b"9" * 5000), _JSON, 400),
        (b'{"user_id":%b1%b}' % (b"[" * 900, b"]" * 900), _JSON, 422),
        (b"[" * 60_000, _JSON, 400),
        (b"user_id=%ff", "application/x-www-form-urlencoded", 400),
    ],
)
async def test_a_bad_body_is_refused_with_a_message(
    shop: httpx.AsyncClient, body: bytes, media_type: str, status: int
) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    for path in ("/api/sign-in", "/api/orders"):
        answer = await shop.post(path, content=body, headers=headers)
        assert answer.status_code == status
        assert isinstance(answer.json()["detail"], str)


@pytest.mark.parametrize("order", ["%00", "%ff", "%ed%a0%80", "9" * 5000, "..%2f.."])
async def test_an_odd_order_does_not_exist(shop: httpx.AsyncClient, order: str) -> None:
    assert (await shop.post(f"/api/orders/{order}/advance")).status_code == 404


async def test_without_a_build_its_files_do_not_exist(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "UI_BUILD", tmp_path / "none")
    client = NotificationClient("http://127.0.0.1:1", SECRET)
    unbuilt = create_app(ShopSettings(auth_jwt_secret=SecretStr(SECRET)), client)
    transport = httpx.ASGITransport(unbuilt)
    async with client, httpx.AsyncClient(transport=transport, base_url="http://localhost") as shop:
        assert (await shop.get("/ui/index.html")).status_code == 404
        assert (await shop.get("/")).status_code == 200


@pytest.mark.parametrize("file", ["%00", "%ff", "x" * 5000, "..%2fapp.py", "%2e%2e/app.py", ""])
async def test_an_odd_file_does_not_exist(shop: httpx.AsyncClient, file: str) -> None:
    for folder in ("page", "ui"):
        assert (await shop.get(f"/{folder}/{file}")).status_code == 404
