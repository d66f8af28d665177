"""Every error of a client is answered with a problem document and a 4xx status."""

import asyncio
import gzip
from typing import Any

import httpx
import jwt
import pytest

from tests.integration.producer_api.api import JSON, Api, notification
from tests.services.tokens import SECRET, service_token, shopper_token

_PATH = "/v1/notifications"


def _problem(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    """Check the problem document, and return it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["status"] == status
    assert document["type"] == f"urn:notifications:problem:{slug}"
    assert document["title"]
    assert document["detail"]
    assert document["instance"] == answer.request.url.raw_path.decode().partition("?")[0]
    return document


def _fields(answer: httpx.Response) -> set[str]:
    return {error["field"] for error in _problem(answer, 422, "invalid")["errors"]}


@pytest.mark.parametrize(
    ("authorization", "error"),
    [
        (None, ""),
        ("Basic YTpi", "invalid_token"),
        ("Bearer", "invalid_token"),
        ("Bearer nonsense", "invalid_token"),
        (f"Bearer {service_token(lifetime=-60)}", "invalid_token"),
        (f"Bearer {jwt.encode({'sub': 'ana', 'exp': 1e10}, SECRET[::-1])}", "invalid_token"),
        (f"Bearer {jwt.encode({'sub': 'ana', 'exp': 1e10}, '', 'none')}", "invalid_token"),
        (f"Bearer {jwt.encode({'sub': 'ana'}, SECRET)}", "invalid_token"),
    ],
    ids=["none", "basic", "empty", "nonsense", "expired", "forged", "unsigned", "without exp"],
)
async def test_a_missing_or_bad_token_is_answered_401(
    authorization: str | None, error: str, api: Api
) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    for method, path in (
        ("POST", _PATH),
        ("GET", f"{_PATH}/x"),
        ("GET", "/v1/users/me/notifications"),
        ("PATCH", "/v1/users/me/notifications/x"),
        ("POST", "/v1/users/me/notifications/read"),
    ):
        answer = await api.client.request(method, path, headers=headers)
        _problem(answer, 401, "unauthenticated")
        challenge = answer.headers["www-authenticate"]
        assert challenge.startswith("Bearer")
        assert (error in challenge) if error else ("error" not in challenge)


async def test_authentication_comes_before_the_body(api: Api) -> None:
    answer = await api.client.post(_PATH, content=b"x" * 100_000)
    _problem(answer, 401, "unauthenticated")
    answer = await api.call("POST", _PATH, shopper_token("ana"), content=b"{")
    _problem(answer, 403, "forbidden")


async def test_calls_for_others_are_answered_403(api: Api) -> None:
    created = await api.created("mia")
    mia, eve, service = shopper_token("mia"), shopper_token("eve"), service_token()
    of_mia = "/v1/users/mia/notifications"
    for method, path, token in (
        ("POST", _PATH, mia),
        ("GET", f"{_PATH}/{created['id']}", mia),
        ("GET", of_mia, eve),
        ("PATCH", f"{of_mia}/{created['id']}", eve),
        ("POST", f"{of_mia}/read", eve),
        ("PATCH", f"{of_mia}/{created['id']}", service),
        ("DELETE", f"{_PATH}/{created['id']}", mia),
        ("POST", f"{_PATH}/withdraw", mia),
    ):
        answer = await api.call(method, path, token, json={"read": True})
        _problem(answer, 403, "forbidden")
    assert (await api.listed("mia")).json()["items"] == [created]


@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/v1/notifications/", "/v1/users//notifications", "/%00"]
)
async def test_unknown_paths_are_answered_404(path: str, api: Api) -> None:
    _problem(await api.client.get(path), 404, "not-found")


async def test_unknown_notifications_are_answered_404(api: Api) -> None:
    other = await api.created("eve")
    for unknown in ("0198c0de-0000-7000-8000-000000000001", "x", "%00", "%ff", "$ne", "%7B%7D"):
        _problem(await api.trace(unknown), 404, "not-found")
        _problem(await api.mark("ana", unknown, read=True), 404, "not-found")
    _problem(await api.mark("ana", other["id"], read=True), 404, "not-found")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", _PATH, "GET, HEAD, POST"),
        ("PUT", "/v1/users/me/notifications", "DELETE, GET, HEAD"),
        ("GET", "/v1/users/me/notifications/x", "PATCH"),
        ("POST", "/healthz", "GET, HEAD"),
        ("PUT", "/v1/users/me/notifications/read", "POST"),
    ],
)
async def test_unknown_methods_are_answered_405_with_the_allowed_methods(
    method: str, path: str, allow: str, api: Api
) -> None:
    answer = await api.client.request(method, path)
    _problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == allow


async def test_bodies_that_are_too_large_are_answered_413(api: Api) -> None:
    token = service_token()
    just_fits = b'{"user_id":"ana","type":"t","title":"x"}'.ljust(64 * 1024)
    answer = await api.call("POST", _PATH, token, content=just_fits, headers=JSON)
    assert answer.status_code == 201
    answer = await api.call("POST", _PATH, token, content=just_fits + b" ", headers=JSON)
    _problem(answer, 413, "too-large")

    async def without_a_length() -> Any:
        for _ in range(1000):
            yield b" " * 8192

    answer = await api.call("POST", _PATH, token, content=without_a_length(), headers=JSON)
    _problem(answer, 413, "too-large")
    assert (await api.create()).status_code == 201


async def test_the_document_states_the_largest_bodies(api: Api) -> None:
    document = (await api.client.get("/openapi.json")).json()
    with_body = {
        (method, path): operation
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if "requestBody" in operation
    }
    for (method, path), operation in with_body.items():
        limit = operation["requestBody"]["x-max-bytes"]
        assert f"{limit:,} bytes" in operation["requestBody"]["description"]
        token = service_token() if path.startswith(_PATH) else shopper_token("ana")
        url = path.format(user_id="me", notification_id="0198c0de-0000-7000-8000-000000000001")
        largest, larger = (b"{}".ljust(size) for size in (limit, limit + 1))
        answer = await api.call(method, url, token, content=largest, headers=JSON)
        assert answer.status_code != 413, path
        answer = await api.call(method, url, token, content=larger, headers=JSON)
        examples = operation["responses"]["413"]["content"]["application/problem+json"]["examples"]
        stated = examples["too-large"]["value"]["detail"]
        assert _problem(answer, 413, "too-large")["detail"] == stated
    limits = {operation["requestBody"]["x-max-bytes"] for operation in with_body.values()}
    assert limits == {4 * 1024, 64 * 1024, 8 * 1024 * 1024}


async def test_another_media_type_is_answered_415(api: Api) -> None:
    headers = {"Content-Type": "text/plain"}
    answer = await api.call("POST", _PATH, service_token(), content=b"{}", headers=headers)
    _problem(answer, 415, "unsupported-media-type")


async def test_a_compressed_body_is_answered_415(api: Api) -> None:
    content = gzip.compress(b'{"user_id":"ana","type":"t","title":"x"}')
    headers = {**JSON, "Content-Encoding": "gzip"}
    for method, path, token in (
        ("POST", _PATH, service_token()),
        ("POST", f"{_PATH}/batch", service_token()),
        ("PATCH", "/v1/users/me/notifications/x", shopper_token("ana")),
        ("POST", "/v1/users/me/notifications/read", shopper_token("ana")),
    ):
        answer = await api.call(method, path, token, content=content, headers=headers)
        problem = _problem(answer, 415, "unsupported-media-type")
        assert "gzip" in problem["detail"]
        assert answer.headers["accept-encoding"] == "identity"


async def test_a_service_must_name_the_user_instead_of_me(api: Api) -> None:
    assert _fields(await api.create("me")) == {"user_id"}
    batch = await api.create_batch(notification("me"), notification("ME"))
    assert [result["status"] for result in batch.json()["results"]] == [422, 201]
    for segment in ("me", "%6D%65"):
        for method, path in (
            ("DELETE", f"/v1/users/{segment}/notifications"),
            ("GET", f"/v1/users/{segment}/notifications"),
            ("POST", f"/v1/users/{segment}/sessions/revoke"),
        ):
            answer = await api.call(method, path, service_token())
            assert _fields(answer) == {"user_id"}
    sent = await api.call("GET", f"{_PATH}?user_id=me", service_token())
    assert _fields(sent) == {"user_id"}


async def test_thousands_of_unknown_fields_are_answered_briefly(api: Api) -> None:
    body = {f"field-{number}": 1 for number in range(4_000)}
    answer = await api.call("POST", _PATH, service_token(), json=body)
    errors = _problem(answer, 422, "invalid")["errors"]
    assert (len(errors), errors[-1]["message"]) == (20, "and 3981 more errors")
    assert len(answer.content) < 8_000
    wrong: Any = {"notifications": [{}]} | {f"field-{number}": 1 for number in range(50_000)}
    answer = await api.call("POST", f"{_PATH}/batch", service_token(), json=wrong)
    errors = _problem(answer, 422, "invalid")["errors"]
    assert (len(errors), errors[-1]["message"]) == (20, "and 49981 more errors")


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        (b"", {""}),
        (b"{", {""}),
        (b"[" * 60_000, {""}),
        (b'{"user_id":"\xff","type":"t","title":"x"}', {""}),
        (b'{"user_id":"\\ud800","type":"t","title":"x"}', {""}),
        (b'{"user_id":"a","type":"t","title":"x","data":{"a":NaN}}', {""}),
        (b"[]", {""}),
        (b"{}", {"user_id", "type", "title"}),
        (b'{"user_id":"","type":"T T","title":7,"more":1}', {"user_id", "type", "title", "more"}),
        (b'{"user_id":"a","type":"t","title":"x","action_url":"javascript:a"}', {"action_url"}),
        (b'{"user_id":"a","type":"t","title":"x","expires_at":"soon"}', {"expires_at"}),
        (b'{"user_id":"a","type":"t","title":"x","expires_at":1e308}', {"expires_at"}),
        (
            b'{"user_id":"a","type":"t","title":"x","expires_at":"9999-12-31T23:59:59-12:00"}',
            {"expires_at"},
        ),
    ],
)
async def test_invalid_bodies_are_answered_with_their_fields(
    content: bytes, fields: set[str], api: Api
) -> None:
    answer = await api.call("POST", _PATH, service_token(), content=content, headers=JSON)
    assert _fields(answer) == fields


async def test_deeply_nested_data_is_accepted_or_refused_but_never_fails(api: Api) -> None:
    for depth in (200, 253, 254, 900):
        content = b'{"user_id":"deep","type":"t","title":"x","data":{"a":%s}}'
        content %= b"[" * depth + b"]" * depth
        answer = await api.call("POST", _PATH, service_token(), content=content, headers=JSON)
        assert answer.status_code in {201, 422}
    assert len(await api.ids("deep")) == 2


@pytest.mark.parametrize(
    ("marks", "field"),
    [
        ({}, ""),
        ({"read": None}, ""),
        ({"read": "yes"}, "read"),
        ({"read": 1}, "read"),
        ({"seen": False}, "seen"),
        ({"delivered": True}, "delivered"),
    ],
)
async def test_invalid_marks_are_answered_with_their_field(
    marks: dict[str, Any], field: str, api: Api
) -> None:
    created = await api.created()
    assert _fields(await api.mark("ana", created["id"], **marks)) == {field}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"status": "new"}, "status"),
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"limit": "x"}, "limit"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": ""}, "cursor"),
        ({"cursor": "\x00"}, "cursor"),
        ({"cursor": "é"}, "cursor"),
    ],
)
async def test_invalid_queries_are_answered_with_their_field(
    query: dict[str, Any], field: str, api: Api
) -> None:
    assert _fields(await api.listed(**query)) == {field}


@pytest.mark.parametrize("segment", ["%FF", "u" * 129, "%C3"])
async def test_invalid_user_ids_are_answered_with_their_field(segment: str, api: Api) -> None:
    answer = await api.call("GET", f"/v1/users/{segment}/notifications", service_token())
    assert _fields(answer) == {"user_id"}


async def test_a_slow_body_does_not_delay_other_requests(api: Api) -> None:
    gate = asyncio.Event()

    async def slow() -> Any:
        yield b'{"user_id":"ana",'
        await gate.wait()
        yield b'"type":"t","title":"slow"}'

    waiting = asyncio.create_task(
        api.call("POST", _PATH, service_token(), content=slow(), headers=JSON)
    )
    await api.created(title="quick")
    assert not waiting.done()
    gate.set()
    assert (await waiting).status_code == 201


@pytest.mark.parametrize("path", ["/healthz", "/openapi.json", "/v1/users/me/notifications"])
async def test_head_is_answered_like_get_without_the_body(path: str, api: Api) -> None:
    get = await api.call("GET", path, shopper_token("ana"))
    head = await api.call("HEAD", path, shopper_token("ana"))
    assert (head.status_code, head.content) == (get.status_code, b"") == (200, b"")
    assert head.headers["content-length"] == str(len(get.content))
    only_posted = "/v1/users/me/notifications/read"
    assert (await api.call("HEAD", only_posted, service_token())).status_code == 405


async def test_an_answer_has_the_id_of_its_request(api: Api) -> None:
    answer = await api.call("GET", "/nothing", service_token(), headers={"X-Request-ID": "a b"})
    assert answer.headers["x-request-id"] == "a b"
