"""Creates that bypass FastAPI get FastAPI's answers, and are stored as the model describes."""

import json
import re
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

import httpx
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from producer_api.contract.ids import IdSource
from producer_api.contract.notification import NewNotification
from producer_api.contract.revocations import Revocations
from producer_api.contract.token_verifier import Identity, TokenVerifier
from producer_api.idempotency.idempotent_creates import CreateResult, IdempotentCreates
from producer_api.identity.bearer import Bearer
from producer_api.identity.rate_limits import RateLimits
from producer_api.identity.token_cache import TokenCache
from producer_api.intake.batch import seal
from producer_api.intake.keyed_request import RequestKey
from producer_api.intake.outcomes import NotValidError, RequestItem
from producer_api.intake.pending import PendingRequest
from producer_api.middleware.request_middleware import RequestMiddleware
from producer_api.problems.handlers import add_problem_handlers
from producer_api.requests.direct_route import direct_routes
from producer_api.routes.create import create_router
from producer_api.routes.openapi_document import DocumentedAPI
from producer_api.settings import Settings
from tests.services.tokens import SECRET, service_token, shopper_token

_PATH = "/v1/notifications"
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
_MAX_INTEGER = 2**53 - 1

_TEXTS = (
    *('""', '"ana"', '"t"', '"x y"', '"\\u0000"', '"\\ud800"', '"ñ\U0001f4e6"', '"me"', "null"),
    *('"/orders/1"', '"https://a.example/x"', '"//evil"', '"critical"', '"2030-01-01T00:00:00Z"'),
    *("{}", "[]", "7", "NaN", "1e400", '{"a":1,"a":2}', '{"a":9007199254740993}', '{"a":[-0.5]}',),
    *('{"a":0.1000000000000000055}', '{"a":%s}' % ("[" * 300 + "]" * 300)),
)  # fmt: skip
_NAMES = (
    "user_id",
    "type",
    "title",
    "severity",
    "body",
    "data",
    "action_url",
    "expires_at",
    "more",
)
_GOOD = {"user_id": '"ana"', "type": '"order.shipped"', "title": '"x"'}
_MEMBERS = st.dictionaries(st.sampled_from(_NAMES), st.sampled_from(_TEXTS), max_size=4)
_SPACES = st.sampled_from(["", " ", "\n", "\ufeff"])
_HEADERS = {
    "content-type": ["application/json", "application/json; charset=utf-8", "text/plain", None],
    "idempotency-key": [None, "a", '"b"', "", "x" * 256],
    "content-encoding": [None, "identity", "gzip"],
    "traceparent": [None, f"00-{'a' * 32}-{'b' * 16}-01", "00"],
    "authorization": [f"Bearer {service_token()}", f"Bearer {shopper_token('ana')}", "x", None],
}


def _text(members: dict[str, str], before: str, repeated: bool) -> bytes:
    pairs = [f'"{name}":{value}' for name, value in ({**_GOOD, **members}).items()]
    pairs += pairs[:1] if repeated else []
    return f"{before}{{{','.join(pairs)}}}".encode("utf-8", "surrogatepass")


_OBJECTS = st.builds(_text, _MEMBERS, _SPACES, st.sampled_from([False, False, False, True]))


@st.composite
def _bodies(draw: st.DrawFn) -> bytes:
    """Draw a create, sometimes with a piece replaced by other bytes."""
    body = draw(_OBJECTS)
    if draw(st.integers(0, 3)):
        return body
    place = draw(st.integers(0, len(body)))
    piece = draw(st.binary(max_size=3) | st.sampled_from([b"\xff", b"\xed\xa0\x80", b'"', b","]))
    return body[:place] + piece + body[place + draw(st.integers(0, 3)) :]


class _Call(NamedTuple):
    stored: list[object]
    key: RequestKey | None
    traceparent: str | None


def _stored(items: Sequence[RequestItem]) -> list[object]:
    """Return what would be stored of these items, without ids and times."""
    documents = seal([PendingRequest(items)], IdSource()).documents
    refused = [str(item) for item in items if isinstance(item, NotValidError)]
    return [*({**each, "_id": "", "created_at": ""} for each in documents), *refused]


class _Writer(IdempotentCreates):
    """Creates without MongoDB and Kafka. Records what it is asked to create."""

    def __init__(self) -> None:
        self.calls: list[_Call] = []

    async def create(
        self, items: Sequence[RequestItem], key: RequestKey | None, *, traceparent: str | None
    ) -> CreateResult:
        self.calls.append(_Call(_stored(items), key, traceparent))
        request = PendingRequest(items)
        seal([request], IdSource()).succeed()
        return CreateResult(await request.answer, replayed=False)


class _NothingRevoked(Revocations):
    def __init__(self) -> None: ...

    def check(self, identity: Identity) -> None: ...


class _Both:
    """The same routes twice: in one copy, creates bypass FastAPI; in the other, they do not."""

    def __init__(self) -> None:
        verifier = TokenVerifier(Settings(auth_jwt_secret=SecretStr(SECRET)))
        bearer = Bearer(TokenCache(verifier, _NothingRevoked()), RateLimits(None, None))
        self.writer = _Writer()
        router = create_router(self.writer, bearer)
        api = DocumentedAPI()
        api.include_router(router)
        add_problem_handlers(api)
        direct = direct_routes([router])
        assert direct.keys() == {("POST", _PATH), ("POST", f"{_PATH}/batch")}
        self.direct, self.by_fastapi = (
            RequestMiddleware(api, each, [], 5) for each in (direct, {})
        )

    async def answer(
        self, app: RequestMiddleware, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[object, list[_Call]]:
        """Return the answer, and what the request created."""
        self.writer.calls = []
        fields = {"x-request-id": "mine", **headers}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://a") as c:
            answer = await c.post(path, content=body, headers=fields)
        sent = (answer.status_code, answer.headers.raw, answer.text)
        return _without_ids(sent), self.writer.calls


@cache
def _both() -> _Both:
    return _Both()


def _without_ids(sent: object) -> str:
    return re.sub(r'"created_at":"[^"]*"', "", _ID.sub("<id>", repr(sent)))


@st.composite
def _requests(draw: st.DrawFn) -> tuple[str, bytes, dict[str, str]]:
    """Draw a request, most of whose headers are the usual ones."""
    chosen = {}
    for name, values in _HEADERS.items():
        value = draw(st.sampled_from(values)) if draw(st.integers(0, 4)) == 0 else values[0]
        if value is not None:
            chosen[name] = value
    body = draw(_bodies())
    if draw(st.booleans()):
        return _PATH, body, chosen
    return f"{_PATH}/batch", b'{"notifications":[%b]}' % body, chosen


@given(_requests())
@settings(max_examples=100)
async def test_a_direct_create_is_the_same_as_one_by_fastapi(
    request: tuple[str, bytes, dict[str, str]],
) -> None:
    both = _both()
    direct = await both.answer(both.direct, *request)
    assert direct == await both.answer(both.by_fastapi, *request)


@given(_bodies())
@settings(max_examples=200)
async def test_a_create_accepts_and_stores_what_the_documented_model_does(body: bytes) -> None:
    both = _both()
    headers = {"content-type": "application/json", "authorization": f"Bearer {service_token()}"}
    sent, calls = await both.answer(both.direct, _PATH, body, headers)
    expected = _documented(body)
    assert str(sent).startswith("(201" if expected else "(422")
    assert [call.stored for call in calls] == ([_stored([expected])] if expected else [])


def _documented(body: bytes) -> NewNotification | None:
    """Return what the documented model makes of this JSON, or None if it must be refused."""
    try:
        value = json.loads(
            body.decode(),
            object_pairs_hook=_object,
            parse_int=_exact_integer,
            parse_float=_exact_number,
            parse_constant=_refused,
        )
        json.dumps(value, ensure_ascii=False).encode()  # no lone surrogates
        return NewNotification.model_validate(value)
    except (ValueError, ValidationError, RecursionError):
        return None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a name occurs twice")
    return dict(pairs)


def _exact_integer(digits: str) -> int:
    if abs(int(digits)) > _MAX_INTEGER:
        raise ValueError("beyond what browsers keep")
    return int(digits)


def _exact_number(digits: str) -> float:
    if Decimal(repr(float(digits))) != Decimal(digits):
        raise ValueError("more digits than a double holds")
    return float(digits)


def _refused(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


@pytest.mark.parametrize("path", [_PATH, f"{_PATH}/batch"])
async def test_an_error_that_nobody_foresaw_reveals_nothing(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = _both()
    monkeypatch.setattr(_Writer, "create", None)
    body = b'{"notifications":[{}]}' if path.endswith("batch") else _text({}, "", repeated=False)
    headers = {"content-type": "application/json", "authorization": f"Bearer {service_token()}"}
    answers = [
        await both.answer(app, path, body, headers) for app in (both.direct, both.by_fastapi)
    ]
    assert answers[0] == answers[1]
    assert "(500" in str(answers[0])
    assert "an unexpected error occurred" in str(answers[0])


@pytest.mark.parametrize("data", ["{}", '{"a":[[],[]]}'])
async def test_no_parsed_data_is_kept_while_a_create_waits(
    monkeypatch: pytest.MonkeyPatch, data: str
) -> None:
    both, waiting = _Both(), list[RequestItem]()
    create = both.writer.create

    async def noting(
        items: Sequence[RequestItem], key: RequestKey | None, *, traceparent: str | None
    ) -> CreateResult:
        waiting.extend(items)
        return await create(items, key, traceparent=traceparent)

    monkeypatch.setattr(both.writer, "create", noting)
    headers = {"authorization": f"Bearer {service_token()}", "content-type": "application/json"}
    body = _text({"data": data}, "", repeated=False)
    for app in (both.direct, both.by_fastapi):
        await both.answer(app, _PATH, body, headers)
    kept: list[object] = [item.data for item in waiting if isinstance(item, NewNotification)]
    assert len(kept) == 2
    assert all(isinstance(each, orjson.Fragment) for each in kept)
