"""The fields that a service may send, and the JSON that users see."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from producer_api.contract.notification import (
    DATA_LIMIT_BYTES,
    NewNotification,
    public_json,
    rfc3339,
)
from producer_api.contract.stored import UnreadableError, check_stored
from tests.producer_api.documents import document

_MINIMAL = {"user_id": "ana", "type": "order.shipped", "title": "Pedido despachado"}


def _with(**fields: Any) -> NewNotification:
    return NewNotification.model_validate({**_MINIMAL, **fields})


def _refused(**fields: Any) -> str:
    with pytest.raises(ValidationError) as refusal:
        _with(**fields)
    [finding] = refusal.value.errors()
    return str(finding["loc"][0])


@pytest.mark.parametrize(
    "link",
    ["/orders/1", "orders/1", "?page=2", "#top", "https://shop.example/a?b#c", "HTTP://a", ""],
)
def test_relative_and_web_links_are_unchanged(link: str) -> None:
    assert _with(action_url=link).action_url == link


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        " javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "http:evil.example",
        "https:///evil.example",
        "http://[",
        "ftp://a",
        "/a b",
        "/a\nb",
        "/a\x00",
    ],
)
def test_links_that_may_lead_elsewhere_are_refused(link: str) -> None:
    assert _refused(action_url=link) == "action_url"


@given(st.text(max_size=60) | st.from_regex(r"[/\\]{0,3}[a-zA-Z]{0,11}:?[/\\]{0,3}[a-z.]{0,9}"))
def test_a_link_is_relative_or_http_or_refused(link: str) -> None:
    try:
        _with(action_url=link)
    except ValidationError:
        return
    web = link.lower().startswith(("http://", "https://"))
    scheme = re.match(r"[a-z][a-z0-9+.-]*:", link, re.IGNORECASE)
    assert web or not (scheme or link.startswith(("//", "\\", "/\\")))


@pytest.mark.parametrize(
    ("field", "fits", "too_much"),
    [
        ("user_id", "u" * 128, "u" * 129),
        ("user_id", "á" * 128, ""),
        ("type", "a.b_c-9", "Order"),
        ("type", "t" * 128, "a b"),
        ("type", "t", "t\n"),
        ("title", "t" * 200, "t" * 201),
        ("title", "t", ""),
        ("title", " t ", " \t\n\u2003"),
        ("body", "b" * 2000, "b" * 2001),
        ("severity", "info", "INFO"),
        ("severity", "success", ""),
        ("severity", "warning", None),
        ("severity", "critical", ["critical"]),
        ("severity", "info", "urgent"),
        ("collapse_key", "k" * 128, "k" * 129),
        ("expires_at", "2030-01-01T00:00:00Z", "2030-01-01T00:00:00"),
        ("expires_at", "2030-01-01t00:00:00.5-03:00", "2030-01-01 00:00:00Z"),
        ("expires_at", None, 1893456000),
        ("expires_at", None, "1893456000"),
        ("expires_at", None, "2030-01-01T00:00Z"),
        ("expires_at", None, "2030-13-01T00:00:00Z"),
        ("expires_at", None, "9999-12-31T23:59:59-12:00"),
        ("expires_at", None, "0001-01-01T00:00:00+12:00"),
    ],
)
def test_a_field_above_its_limit_is_refused(field: str, fits: object, too_much: object) -> None:
    _with(**{field: fits})
    assert _refused(**{field: too_much}) == field


def test_data_whose_json_is_too_long_is_refused() -> None:
    room = DATA_LIMIT_BYTES - len(orjson.dumps({"a": ""}))
    _with(data={"a": "x" * room})
    assert _refused(data={"a": "x" * (room + 1)}) == "data"


@pytest.mark.parametrize("depth", [254, 300, 900])
def test_data_that_is_nested_too_deeply_is_refused(depth: int) -> None:
    assert _refused(data={"a": orjson.loads("[" * depth + "]" * depth)}) == "data"


def test_an_unknown_field_is_refused() -> None:
    assert _refused(colour="red") == "colour"


def test_expiry_is_kept_in_utc_and_whole_milliseconds() -> None:
    expiry = datetime(2030, 1, 1, 0, 0, 0, 123000, tzinfo=UTC)
    assert _with(expires_at="2030-01-01T02:00:00.123999+02:00").expires_at == expiry


def test_expiry_may_be_a_datetime_with_a_time_zone() -> None:
    expiry = datetime(2030, 1, 1, 0, 0, 0, 123000, tzinfo=UTC)
    assert _with(expires_at=expiry + timedelta(microseconds=999)).expires_at == expiry
    assert _refused(expires_at=expiry.replace(tzinfo=None)) == "expires_at"


def test_times_are_written_in_utc_with_milliseconds() -> None:
    assert rfc3339(None) is None
    moment = datetime(2030, 1, 1, 1, 0, 0, 5000, tzinfo=timezone(timedelta(hours=2)))
    assert rfc3339(moment) == "2029-12-31T23:00:00.005Z"


def test_severity_is_info_by_default_and_in_documents_without_it() -> None:
    assert _with().severity == "info"
    old, new = document(), document(severity="critical")
    assert "severity" not in old
    assert [orjson.loads(public_json(each))["severity"] for each in (old, new)] == [
        "info",
        "critical",
    ]


def test_the_public_form_has_data_but_not_superseded_by() -> None:
    public = orjson.loads(public_json(document(data='{"a.b":{"$where":1}}', superseded_by="x")))
    assert public["data"] == {"a.b": {"$where": 1}}
    assert "superseded_by" not in public
    assert next(iter(public)) == "id"


@pytest.mark.parametrize(
    "link",
    [
        "http://img.example/a.png",
        "/a.png",
        "https:///a.png",
        "data:image/png;base64,x",
        "//img.example/a.png",
        "https://img.example/a b.png",
        "javascript:alert(1)",
        "",
    ],
)
def test_an_image_comes_by_https_from_a_host(link: str) -> None:
    assert _refused(image_url=link) == "image_url"
    assert _refused(image_url=link, image_alt="x") == "image_url"
    with pytest.raises(ValidationError) as refusal:
        _with(image_url=link)
    assert "relative" not in str(refusal.value), "an image cannot have a relative link"


def test_an_image_and_its_text_are_unchanged_and_the_text_needs_the_image() -> None:
    link = "https://img.example/a.png?w=96"
    shown = _with(image_url=link, image_alt="Una jarra")
    assert (shown.image_url, shown.image_alt) == (link, "Una jarra")
    assert _refused(image_alt="Una jarra") == "image_alt"
    assert _refused(image_url=link, image_alt="x" * 201) == "image_alt"
    assert _refused(image_url="https://img.example/" + "a" * 2048) == "image_url"


@pytest.mark.parametrize(
    ("actions", "field"),
    [
        ([{"label": "a", "url": "/"}] * 3, "actions"),
        ([{"label": "a"}], "actions.0.url"),
        ([{"label": " ", "url": "/"}], "actions.0.label"),
        ([{"label": "x" * 41, "url": "/"}], "actions.0.label"),
        ([{"label": "a", "url": "javascript:alert(1)"}], "actions.0.url"),
        ([{"label": "a", "url": "/", "style": "red"}], "actions.0.style"),
        ({}, "actions"),
    ],
)
def test_actions_that_are_too_many_or_wrong_are_refused(actions: Any, field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        _with(actions=actions)
    assert [".".join(map(str, error["loc"])) for error in refused.value.errors()] == [field]


def test_null_means_that_there_is_none() -> None:
    absent = _with()
    names = ("action_url", "image_url", "image_alt", "actions", "expires_at", "collapse_key")
    for name in names:
        assert _with(**{name: None}) == absent


def test_documents_without_images_and_actions_are_shown_without_them() -> None:
    shown = orjson.loads(public_json(document()))
    assert [shown[name] for name in ("image_url", "image_alt", "actions")] == [None, None, []]
    check_stored(document(image_url="https://a/b", actions=[{"label": "x", "url": "/"}]))
    damages: list[dict[str, Any]] = [
        {"image_alt": 5},
        {"actions": {}},
        {"actions": [1]},
        {"actions": [{"label": "x"}]},
        {"actions": [{"label": "x", "url": "y" * 20_000}]},
        {"actions": [{"label": "x", "url": "/"}] * 11},
        {"actions": [{"label": "x", "url": "y" * 15_000}] * 10},
    ]
    for damage in damages:
        with pytest.raises(UnreadableError):
            check_stored(document(**damage))


@pytest.mark.parametrize(
    "name", ["title", "image_alt", "action_url", "collapse_key", "traceparent"]
)
def test_a_document_that_kafka_would_refuse_is_damaged(name: str) -> None:
    """The relay would try to publish it forever, and publish no others."""
    check_stored(document(**{name: "x" * 100_000}))
    with pytest.raises(UnreadableError, match="too large"):
        check_stored(document(**{name: "x" * 140_000}))
