"""Models of request and response bodies, for validation and for the OpenAPI document.

Callers send `Wanted…`, and get `Shown…` or `Sent…`. The docstrings become the descriptions in the
OpenAPI document.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from producer_api.contract.notification import BEARER, USER_ID_CHARACTERS, check_user_id
from producer_api.inbox.delivery_status import DeliveryStatus
from producer_api.problems.documents import Problem

Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
#: Any text, so that a later version can add a severity without breaking the readers.
ShownSeverity = Annotated[
    str,
    Field(
        description="`info`, `success`, `warning` or `critical`. Read any other as `info`.",
        examples=["info"],
    ),
]

_EXAMPLE: dict[str, Any] = {
    "id": "0198c0de-0000-7000-8000-000000000001",
    "user_id": "ana",
    "type": "order.shipped",
    "severity": "info",
    "title": "Pedido despachado",
    "body": "Tu pedido 1234 va en camino",
    "data": {"order_id": "1234"},
    "action_url": "/orders/1234",
    "image_url": None,
    "image_alt": None,
    "actions": [{"label": "Ver pedido", "url": "/orders/1234"}],
    "created_at": "2026-03-02T09:30:00.125Z",
    "expires_at": None,
    "collapse_key": None,
    "delivered_at": "2026-03-02T09:30:00.160Z",
    "seen_at": None,
    "read_at": None,
    "archived_at": None,
}
_COUNTS = {"unread_count": 3, "unseen_count": 1}


def _example(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [example]})


class ShownAction(BaseModel):
    """A button of a notification."""

    label: str
    url: str


class ShownNotification(BaseModel):
    """A notification as its user sees it."""

    model_config = _example(_EXAMPLE)

    id: str
    user_id: str
    type: str
    severity: ShownSeverity
    title: str
    body: str
    data: dict[str, Any]
    action_url: str | None
    image_url: str | None
    image_alt: str | None
    actions: list[ShownAction]
    created_at: Time
    expires_at: Time | None
    collapse_key: str | None
    delivered_at: Time | None
    seen_at: Time | None
    read_at: Time | None
    archived_at: Time | None


class CreatedNotification(ShownNotification):
    """A notification as its creator sees it: with a status only if the user has muted it."""

    model_config = _example(_EXAMPLE)

    status: Literal["muted"] | None = None


class SentNotification(ShownNotification):
    """A notification as a service sees it, with its delivery status."""

    model_config = _example({**_EXAMPLE, "status": DeliveryStatus.DELIVERED})

    status: DeliveryStatus


class SentList(BaseModel):
    """One page of the notifications that were sent to a user."""

    items: list[SentNotification]
    next_cursor: str | None


class ShownResult(BaseModel):
    """The result for one notification of a batch: the notification, or a problem."""

    index: int
    status: Literal[201, 410, 422, 500]
    notification: CreatedNotification | None = None
    problem: Problem | None = None


class ShownResults(BaseModel):
    """One result for each notification of a batch, in order."""

    results: list[ShownResult]


class WantedBatch(BaseModel):
    """Notifications to create. Each succeeds or fails on its own."""

    model_config = ConfigDict(extra="forbid")

    # `Any`, because `batch_items` checks each item, so that an invalid item fails alone.
    notifications: Annotated[
        list[Any],
        Field(
            min_length=1,
            max_length=1_000,
            json_schema_extra={
                "items": {"anyOf": [{"$ref": "#/components/schemas/NewNotification"}, {}]},
                "description": "An item that is not valid does not affect the others.",
            },
        ),
    ]


class ShownCounts(BaseModel):
    """The counts for the badge. Archived, expired and superseded notifications do not count."""

    model_config = _example(_COUNTS)

    unread_count: int
    unseen_count: int


class ShownList(ShownCounts):
    """One page of a user's notifications, with the counts."""

    model_config = _example({**_COUNTS, "items": [_EXAMPLE], "next_cursor": None})

    items: list[ShownNotification]
    next_cursor: str | None
    by_category: dict[str, ShownCounts] | None = None


class WantedMarks(BaseModel):
    """The marks to change, at least one. Marking as read also marks as seen."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"minProperties": 1, "examples": [{"read": True}]},
    )

    read: bool | None = None
    seen: Literal[True] | None = None
    archived: bool | None = None

    @model_validator(mode="after")
    def _require_a_mark(self) -> Self:
        if self.read is self.seen is self.archived is None:
            raise ValueError("must have at least one of read, seen and archived")
        return self


def _without_null(schema: dict[str, Any]) -> None:
    """Remove null from the schema of a member that may be absent, but not null."""
    kind, _ = schema.pop("anyOf")
    schema.pop("default", None)
    schema.update(kind)


class WantedSweep(BaseModel):
    """The notifications to mark: all, or those that one of the members names."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "maxProperties": 1,
            "examples": [{"up_to": _EXAMPLE["id"]}, {"collapse_key": "order-1234"}],
        },
    )

    up_to: Annotated[
        str | None,
        Field(
            max_length=128,
            description="Id of the newest notification to mark. Newer ones stay unchanged.",
        ),
    ] = None
    ids: Annotated[
        list[Annotated[str, Field(max_length=128)]] | None,
        Field(
            min_length=1,
            max_length=1_000,
            description="Ids of the notifications to mark, archived ones too. Ids that the user's "
            "inbox does not have are ignored.",
            json_schema_extra=_without_null,
        ),
    ] = None
    collapse_key: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=128,
            description="Marks the notification that stands under this collapse key, if any.",
            json_schema_extra=_without_null,
        ),
    ] = None

    @model_validator(mode="after")
    def _allow_one_selection(self) -> Self:
        selections = (self.up_to, self.ids, self.collapse_key)
        if sum(selection is not None for selection in selections) > 1:
            raise ValueError("must have only one of up_to, ids and collapse_key")
        # Otherwise a caller whose key is missing by mistake would mark everything.
        if not any(selections) and self.model_fields_set & {"ids", "collapse_key"}:
            raise ValueError("ids and collapse_key must not be null: leave them out to mark all")
        return self


class WantedWithdrawal(BaseModel):
    """The notification to withdraw: the one that stands under this user's collapse key."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"user_id": "ana", "collapse_key": "order-1234"}]},
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
    collapse_key: Annotated[str, Field(min_length=1, max_length=128)]
