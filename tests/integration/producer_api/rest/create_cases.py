"""Good and bad requests to the two create endpoints, each as the bytes that a client sends."""

from collections.abc import Iterator
from dataclasses import dataclass

import jwt

from tests.services.tokens import SECRET, service_token, shopper_token

_ONE = '{"user_id":"ana","type":"order.shipped","title":"Pedido"}'
_ALL = (
    '{"user_id":"ana ñ","type":"order.shipped","severity":"critical","title":"a\\u0000b ✓",'
    '"body":"Tu pedido","data":{"b":[1,2.50,1e3,null,true],"a":{"":"x"},"big":9007199254740991},'
    '"action_url":"/orders/1?x=1#y","image_url":"https://shop.example/a.png","image_alt":"caja",'
    '"actions":[{"label":"Ver","url":"/orders/1"},{"label":"Pagar","url":"https://pay.example/1"}],'
    '"expires_at":"2999-12-31T23:59:59.123456+02:00","collapse_key":null}'
)
_JSON = "Content-Type: application/json"
_KEYS = ("a", " a ", '"a\\"b"', '""', '"', "a" * 255, "a" * 256, "é", "a\tb", "")


@dataclass(frozen=True, slots=True)
class Case:
    """A request, which asks the server to close the connection after its answer."""

    name: str
    request: bytes


def _case(
    name: str,
    body: str | bytes = _ONE,
    *headers: str,
    line: str = "POST /v1/notifications",
    token: str | None = None,
    length: int | None = None,
) -> Case:
    content = body if isinstance(body, bytes) else body.encode()
    bearer = f"Authorization: Bearer {service_token() if token is None else token}"
    fields = [line + " HTTP/1.1", "Host: api", "X-Request-ID: mine", "Connection: close"]
    fields += [bearer] if token != "" else []
    fields += [f"Content-Length: {len(content) if length is None else length}", *headers]
    head = "\r\n".join(fields).encode("latin-1")
    return Case(name, head + b"\r\n\r\n" + content)


def _with(**fields: str) -> str:
    given = {"user_id": '"ana"', "type": '"t"', "title": '"x"'} | fields
    return "{" + ",".join(f'"{name}":{value}' for name, value in given.items() if value) + "}"


def accepted() -> Iterator[Case]:
    """Yield requests that create something, or repeat one that did. Send them in this order."""
    yield _case("one", _ONE, _JSON)
    yield _case("all fields", _ALL, _JSON)
    yield _case("all fields, keyed", _ALL, _JSON, "Idempotency-Key: k1")
    yield _case("all fields, again", _ALL, _JSON, "Idempotency-Key: k1")
    yield _case("the same key, in quotes", _ALL, _JSON, 'Idempotency-Key: "k1"')
    yield _case("the same, spelled otherwise", f" {_ALL} ", _JSON, "Idempotency-Key: k1")
    yield _case("the key of another", _ONE, _JSON, "Idempotency-Key: k1")
    yield _case("a page of the shop", _ONE, _JSON, "Origin: http://localhost:8080")
    yield _case("another page", _ONE, _JSON, "Origin: http://evil.example")
    yield _case("a trace", _ONE, _JSON, f"traceparent: 00-{'a' * 32}-{'b' * 16}-01")
    yield _case("a bad trace", _ONE, _JSON, "traceparent: 00")
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(_ONE), _ONE.encode())
    head = _case("chunks", "", _JSON).request.replace(
        b"Content-Length: 0", b"Transfer-Encoding: chunked"
    )
    yield Case("chunks", head + chunked)
    batch = f'{{"notifications":[{_ONE},{_ALL}]}}'
    line = "POST /v1/notifications/batch"
    yield _case("a batch", batch, _JSON, line=line)
    yield _case("a batch, keyed", batch, _JSON, "Idempotency-Key: k2", line=line)
    yield _case("a batch, again", batch, _JSON, "Idempotency-Key: k2", line=line)
    yield _case("a batch with the key of a create", batch, _JSON, "Idempotency-Key: k1", line=line)


def others() -> Iterator[Case]:
    """Yield requests for any order. Most of them are refused."""
    yield from _bearers()
    yield from _heads()
    yield from _lengths()
    for number, body in enumerate(bodies()):
        yield _case(f"body {number}", body, _JSON)
        yield _case(f"keyed body {number}", body, _JSON, f"Idempotency-Key: body {number}")
    for number, body in enumerate(batches()):
        yield _case(f"batch {number}", body, _JSON, line="POST /v1/notifications/batch")
    yield from _addresses()


def _bearers() -> Iterator[Case]:
    for line in ("POST /v1/notifications", "POST /v1/notifications/batch"):
        for number, token in enumerate(
            (
                "",
                "nonsense",
                "x" * 17_000,
                service_token(lifetime=-60),
                shopper_token("ana"),
                jwt.encode({"sub": "ana", "exp": 1e10}, SECRET[::-1]),
                jwt.encode({"sub": "ana"}, SECRET),
                jwt.encode({"sub": "me", "exp": 9999999999}, SECRET),
                jwt.encode({"sub": "ana", "exp": 9999999999, "nbf": 9999999998}, SECRET),
            )
        ):
            yield _case(f"{line}, token {number}", "{", line=line, token=token)
    for name in ("Basic YTpi", "Bearer", "Bearer ", "bearer  ", "Token x", ""):
        yield _case(f"authorization {name!r}", _ONE, f"Authorization: {name}", token="")
    lower = f"Authorization: bEARER {service_token()}"
    yield _case("a scheme in other letters", _ONE, _JSON, lower, token="")
    yield _case("two tokens", _ONE, _JSON, f"Authorization: Bearer {service_token()}", token="x")
    yield _case("two tokens, the good one first", _ONE, _JSON, "Authorization: Bearer x")


def _heads() -> Iterator[Case]:
    for number, key in enumerate(_KEYS):
        yield _case(f"key {number}", "{", _JSON, f"Idempotency-Key: {key}")
    yield _case("two keys", "{", "Idempotency-Key: a", "Idempotency-Key: a")
    yield _case("a bad key before a bad type", "x", "Idempotency-Key:", "Content-Type: text/plain")
    for number, kind in enumerate(
        (
            "",
            "text/plain",
            "application/JSON",
            "application/json;charset=utf-8",
            'application/json; CHARSET="UTF-8"',
            "application/json; charset=latin1",
            "application/json; charset=utf-8; charset=utf-16",
            "application/jsonp",
            "application/problem+json",
            "x" * 500,
            "multipart/form-data; boundary=x",
        )
    ):
        yield _case(f"type {number}", _ONE, f"Content-Type: {kind}")
    yield _case("no type", _ONE)
    yield _case("two types", _ONE, _JSON, "Content-Type: text/plain")
    for number, coding in enumerate(("", "identity", "Identity", "gzip", "identity, br")):
        yield _case(f"coding {number}", _ONE, _JSON, f"Content-Encoding: {coding}")
    yield _case("two codings", _ONE, _JSON, "Content-Encoding: identity", "Content-Encoding: gzip")
    yield _case("a second request id", _ONE, _JSON, "X-Request-ID: other")
    yield _case("a refusal for a page", "{", _JSON, "Origin: http://localhost:8080")
    yield _case("a refusal for another page", "{", _JSON, "Origin: http://evil.example")


def _lengths() -> Iterator[Case]:
    yield _case("no body", "", _JSON)
    yield _case("too long", b" " * 70_000, _JSON)
    yield _case("too long, not sent", "", _JSON, length=65_537)
    yield _case("just not too long", b" " * (65_536 - len(_ONE)) + _ONE.encode(), _JSON)
    yield _case("a batch, too long", "", _JSON, line="POST /v1/notifications/batch", length=9**9)
    yield _case("not read, as the token is bad", "", _JSON, token="x", length=65_537)


def bodies() -> Iterator[bytes]:
    """Yield bodies of a create, most of which are refused."""
    texts = ["", " ", "{", "nonsense", "null", "[]", '"x"', "7", "{}", _ONE + "x", "\ufeff" + _ONE]
    texts += ["[" * 900, "[" * 60_000, '{"user_id":' * 5_000, _ONE[:-1] + ',"title":"y"}']
    texts += [
        _with(user_id=value) for value in ("", '""', '"me"', "7", "null", '"%s"' % ("a" * 129))
    ]
    texts += [_with(type=value) for value in ("", '"T"', '"a b"', "null", '"%s"' % ("a" * 129))]
    texts += [_with(title=value) for value in ("", '""', '" "', "[]", '"%s"' % ("a" * 201))]
    texts += [_with(more="1"), _with(**{f"m{number}": "1" for number in range(60)})]
    texts += [_with(severity='"loud"'), _with(body="null"), _with(body='"%s"' % ("a" * 2_001))]
    texts += [_with(data=value) for value in _DATA]
    texts += [_with(action_url=f'"{link}"') for link in _LINKS]
    texts += [
        _with(image_url=f'"{link}"') for link in (*_LINKS, "http://a.example/x", "https:///x")
    ]
    texts += [_with(image_alt='"x"'), _with(image_alt='"x"', image_url='"no"'), _with(actions="{}")]
    action = '{"label":"x","url":"/x"}'
    texts += [_with(actions=f"[{action},{action},{action}]"), _with(actions="[{}]")]
    texts += [_with(actions='[{"label":" ","url":"//x","more":1}]')]
    texts += [_with(expires_at=value) for value in _TIMES]
    texts += [_with(collapse_key=value) for value in ('""', "7", '"%s"' % ("a" * 129))]
    for text in texts:
        yield text.encode()
    yield _with(user_id='"\xff"').encode("latin-1")
    yield _with(title='"\x00"').encode("latin-1")
    yield _with(title='"\ud800"').encode("utf-8", "surrogatepass")
    yield _ONE.encode("utf-16")


_DATA = (
    "null", "[]", '"x"', '{"a":NaN}', '{"a":Infinity}', '{"a":1e400}', '{"a":1,"a":2}',
    '{"a":{"b":1,"b":1}}', '{"a":9007199254740992}', '{"a":[9007199254740991,-9007199254740993]}',
    '{"a":18446744073709551616}', '{"a":0.1000000000000000055511151231257827}', '{"a":"\\ud800"}',
    '{"\\udfff":1}', '{"a":01}', '{"a":1.}', '{"a":-0}', '{"a":1.0}', "{'a':1}", '{"a":1,}',
    '{"a":"%s"}' % ("x" * 17_000), '{"a":%s}' % ("[" * 900 + "]" * 900),
    '{"a":%s}' % ("[" * 300 + "]" * 300), '{"a":%s}' % ("1" * 400),
)  # fmt: skip
_LINKS = (
    "/orders/1", "https://shop.example", "javascript:alert(1)", "java\\tscript:alert(1)", "//evil",
    "///evil", "\\\\\\\\evil", "/a b", "mailto:x@y", "HTTPS://shop.example/x", "http://", "http:/x",
    "https://[", "a" * 2_049, "",
)  # fmt: skip
_TIMES = (
    '"2030-01-01T09:30:00Z"', '"2030-01-01t09:30:00.1234567z"', '"2030-01-01 09:30:00Z"', "7",
    '"2030-01-01T09:30:00"', '"2030-02-30T09:30:00Z"', '"9999-12-31T23:59:59-23:59"', "true",
    '"7"', '"0001-01-01T00:00:00+23:59"', '"2030-01-01T09:30:00+99:00"', '""', "null",
)  # fmt: skip


def batches() -> Iterator[bytes]:
    """Yield bodies of a batch, most of which are refused, as a whole or in part."""
    yield from (
        b"", b"{", b"[]", b"null", b"{}", b'{"notifications":[]}', b'{"notifications":{}}',
        b'{"notifications":[1,null,[],{},"x"]}', b'{"notifications":[{}],"more":1}',
        b'{"notifications":[{}],"notifications":[]}', b'{"notifications":[{"a":1,"a":2}]}',
        b'{"notifications":[%s}' % _ONE.encode(), b'{"notifications":[NaN,1e400]}',
        b'{"notifications":[%s]}' % b",".join([b"{}"] * 1_001), b"\xff",
        b'{"notifications":["\xff"]}', b' { "notifications" : [ %s , 7 ] } ' % _ONE.encode(),
        b'{"notifications":[%s]}' % (b'"%s"' % (b"x" * 140_000)),
    )  # fmt: skip


def _addresses() -> Iterator[Case]:
    for line in (
        "GET /v1/notifications",
        "HEAD /v1/notifications",
        "PUT /v1/notifications",
        "DELETE /v1/notifications",
        "OPTIONS /v1/notifications",
        "GET /v1/notifications/batch",
        "HEAD /v1/notifications/batch",
        "POST /v1/notifications/",
        "POST /v1/notifications/other",
        "POST /v1/notifications%2Fbatch",
        "POST /v1//notifications",
        "POST /V1/notifications",
        "POST /v1/notification%73",
    ):
        yield _case(line, _ONE, _JSON, line=line)
    yield _case("a query", _ONE, _JSON, line="POST /v1/notifications?user_id=eve")
    yield _case("a refusal with a query", "{", _JSON, line="POST /v1/notifications?user_id=eve")
    yield _case("a whole address", "{", _JSON, line="POST http://api/v1/notifications")
    for name, origin, method in (
        ("a preflight", "http://localhost:8080", "POST"),
        ("a preflight of another page", "http://evil.example", "POST"),
        ("a preflight for another method", "http://localhost:8080", "TRACE"),
    ):
        headers = (f"Origin: {origin}", f"Access-Control-Request-Method: {method}")
        yield _case(name, "", *headers, line="OPTIONS /v1/notifications", token="")
