"""The forms of a notification: a service's request, MongoDB's document, and the user's JSON."""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, Literal, NotRequired, TypedDict
from urllib.parse import urlsplit

import orjson
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    ValidationInfo,
    field_validator,
)

DATA_LIMIT_BYTES = 16 * 1024
USER_ID_CHARACTERS = 128
#: In a path, this stands for the bearer of the token. So no user can have this id.
BEARER = "me"
Severity = Literal["info", "success", "warning", "critical"]
#: Why a notification is neither owed nor listed, even if it is not superseded.
Removal = Literal["muted", "withdrawn"]
#: The severity of documents that were stored before this field existed.
DEFAULT_SEVERITY: Severity = "info"

# Browsers drop these characters before they read the scheme: "java\tscript:" is a script.
_CONTROL_OR_SPACE = re.compile(r"[\x00-\x20\x7f]")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _safe_link(url: str) -> str:
    if _CONTROL_OR_SPACE.search(url) or "\\" in url:
        raise ValueError("must not contain spaces, control characters or backslashes")
    # Most links are paths of the shop, for which this check is enough. `urlsplit` takes ten times
    # as long for a link that it has not cached.
    if url.startswith("/") and not url.startswith("//"):
        return url
    parts = urlsplit(url)
    if parts.scheme in {"http", "https"} and parts.netloc:
        return url
    # Browsers read "///host" like "//host", which is another host.
    if parts.scheme or url.startswith("//"):
        raise ValueError("must be a relative link, or begin with http:// or https://")
    return url


def _https_link(url: str) -> str:
    if not re.match(r"https://[^/?#]", url, re.IGNORECASE):
        raise ValueError("must begin with https:// and name a host")
    return _safe_link(url)


def check_user_id(value: str) -> str:
    """Return the user id. Raises `ValueError` if no user can have it."""
    if value == BEARER:
        raise ValueError(f"must not be {BEARER!r}, which stands for the caller in paths")
    return value


def _small_data(data: object) -> object:
    # Called before the values are validated, because validating a large `data` is costly.
    if not isinstance(data, dict):
        return data
    try:
        size = len(orjson.dumps(data))
    except TypeError as error:
        raise ValueError(f"cannot be written as JSON: {error}") from error
    if size > DATA_LIMIT_BYTES:
        raise ValueError(f"must be at most {DATA_LIMIT_BYTES} bytes as JSON, not {size}")
    return data


def _rfc3339_text(value: object) -> object:
    if isinstance(value, datetime):  # from Python; JSON has no such type
        return value
    # Pydantic would also accept Unix times, as numbers or digits, and other date formats.
    if not isinstance(value, str) or not _RFC3339.fullmatch(value):
        raise ValueError("must be a string in RFC 3339 format, such as 2030-01-01T09:30:00Z")
    return value


def _as_stored(time: datetime) -> datetime:
    try:
        time = time.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("must be between the years 1 and 9999 in UTC") from error
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


class NewAction(BaseModel):
    """A button of a notification: marks it as read, and leads to `url`."""

    model_config = ConfigDict(extra="forbid")

    label: Annotated[str, Field(min_length=1, max_length=40, pattern=r"\S")]
    url: Annotated[str, Field(max_length=2048), AfterValidator(_safe_link)]


class NewNotification(BaseModel):
    """What an order service sends to create a notification."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "user_id": "ana",
                    "type": "order.shipped",
                    "title": "Pedido despachado",
                    "body": "Tu pedido 1234 va en camino",
                    "data": {"order_id": "1234"},
                    "action_url": "/orders/1234",
                }
            ]
        },
    )

    user_id: Annotated[
        str,
        Field(
            min_length=1,
            max_length=USER_ID_CHARACTERS,
            json_schema_extra={"not": {"const": BEARER}},
        ),
        AfterValidator(check_user_id),
    ]
    type: Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[a-z0-9._-]+$")]
    severity: Annotated[
        Severity,
        Field(
            description="How much it matters. A critical one stays on the screen until it is "
            "dismissed, and screen readers announce it at once."
        ),
    ] = DEFAULT_SEVERITY
    title: Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]
    body: Annotated[str, Field(max_length=2000)] = ""
    data: Annotated[
        dict[str, JsonValue],
        Field(description=f"At most {DATA_LIMIT_BYTES:,} bytes as JSON."),
        BeforeValidator(_small_data),
    ] = {}
    action_url: Annotated[str, Field(max_length=2048), AfterValidator(_safe_link)] | None = None
    image_url: (
        Annotated[
            str,
            Field(max_length=2048, description="Begins with `https://`."),
            AfterValidator(_https_link),
        ]
        | None
    ) = None
    image_alt: (
        Annotated[
            str,
            Field(
                max_length=200,
                description="What the image shows, for those who cannot see it. Leave it out if "
                "the image only decorates. Requires `image_url`.",
            ),
        ]
        | None
    ) = None
    actions: (
        Annotated[list[NewAction], Field(max_length=2, description="The first is the primary one.")]
        | None
    ) = None
    expires_at: (
        Annotated[AwareDatetime, BeforeValidator(_rfc3339_text), AfterValidator(_as_stored)] | None
    ) = None
    collapse_key: Annotated[str, Field(min_length=1, max_length=128)] | None = None

    @field_validator("image_alt")
    @classmethod
    def _require_an_image(cls, alt: str | None, info: ValidationInfo) -> str | None:
        # If `image_url` itself is not valid, `info.data` lacks it, and no second error is needed.
        if alt is not None and info.data.get("image_url", "") is None:
            raise ValueError("requires image_url")
        return alt


class StoredAction(TypedDict):
    """A button in a stored notification."""

    label: str
    url: str


class Document(TypedDict):
    """A notification in MongoDB's collection `notifications`.

    `data` is JSON text, because BSON does not allow every key and number that JSON does. Times are
    aware UTC datetimes of whole milliseconds, as BSON stores them.
    """

    _id: str
    user_id: str
    type: str
    category: NotRequired[str]
    """The category of its type. Documents that were stored before this field existed lack it."""
    severity: NotRequired[str]
    title: str
    body: str
    data: str
    action_url: str | None
    image_url: NotRequired[str]
    image_alt: NotRequired[str]
    actions: NotRequired[list[StoredAction]]
    created_at: datetime
    expires_at: datetime | None
    collapse_key: str | None
    delivered_at: datetime | None
    seen_at: datetime | None
    read_at: datetime | None
    archived_at: datetime | None
    superseded_by: str | None
    removed: NotRequired[Removal]
    """Present if the user had muted its category when it was created, or if the shop withdrew it.

    Lists, counts and pushes leave such a notification out.
    """
    withdrawn_at: NotRequired[datetime]
    """When the shop withdrew it. Not shown to users."""
    dead_lettered_at: NotRequired[datetime | None]
    """The time when delivery failed to parse the notification's record. Not shown to users.

    The document itself is complete, and the inbox still owes the notification.
    """
    traceparent: NotRequired[str]
    """The W3C trace context of the create request, if it had one. Not shown to users."""
    folded: NotRequired[bool]
    """Whether the user's counters include it. For the producer API only. Not shown to users."""


COLLECTION = "notifications"
#: Matches the notifications that have a place in the inbox: not superseded, muted or withdrawn.
PRESENT: dict[str, Any] = {"superseded_by": None, "removed": None}
#: Matches the present notifications that were not delivered, including expired ones. The partial
#: index `OWED_INDEX` has the same filter, so it contains no delivered notifications.
OWED: dict[str, Any] = {"delivered_at": None, **PRESENT}
OWED_INDEX = "owed_present"


def rfc3339(time: datetime | None) -> str | None:
    """Return a time as the API writes it: UTC, milliseconds, `Z`."""
    return None if time is None else _utc_text(time)


@lru_cache(maxsize=1_000)  # the notifications of a batch have the same few times of creation
def _utc_text(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


_NONE: list[StoredAction] = []


def public(document: Document) -> dict[str, Any]:
    """Return the notification as users see it, ready for orjson. `data` is not parsed."""
    return {
        "id": document["_id"],
        "user_id": document["user_id"],
        "type": document["type"],
        "severity": document.get("severity", DEFAULT_SEVERITY),
        "title": document["title"],
        "body": document["body"],
        "data": orjson.Fragment(document["data"]),
        "action_url": document["action_url"],
        "image_url": document.get("image_url"),
        "image_alt": document.get("image_alt"),
        "actions": document.get("actions", _NONE),
        "created_at": rfc3339(document["created_at"]),
        "expires_at": rfc3339(document["expires_at"]),
        "collapse_key": document["collapse_key"],
        "delivered_at": rfc3339(document["delivered_at"]),
        "seen_at": rfc3339(document["seen_at"]),
        "read_at": rfc3339(document["read_at"]),
        "archived_at": rfc3339(document["archived_at"]),
    }


def public_json(document: Document) -> bytes:
    """Return the notification as JSON: the value of a record, and an item of a pushed event."""
    return orjson.dumps(public(document))
