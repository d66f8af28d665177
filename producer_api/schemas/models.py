"""Models of the record values on the topics. The data team's JSON Schemas are generated from them.

No program parses or writes records with these models. `contract/notification.py` builds the values
of notifications, `contract/inbox_event.py` those of changes, and `delivery/receipts/records.py`
those of receipts. The tests check every record of real runs against the schemas.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from producer_api.contract.inbox_event import CHANGED_LIMIT

Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Id = Annotated[str, Field(json_schema_extra={"format": "uuid"})]


def _none() -> None:
    return None


Count = Annotated[int, Field(ge=0)]


class Action(BaseModel):
    """A button of a notification. The first is the primary one."""

    label: str
    url: str


class Created(BaseModel):
    """A notification, as it is pushed to its user. Later records say what became of it."""

    id: Annotated[Id, Field(description="UUIDv7, equal to `ce_id`. Use it to drop repeats.")]
    user_id: str
    type: Annotated[str, Field(pattern=r"^[a-z0-9._-]+$")]
    severity: Annotated[
        str,
        Field(
            description="`info`, `success`, `warning` or `critical`. Read any other as "
            "`info`, also if it is absent: earlier records do not have it."
        ),
    ] = "info"
    title: str
    body: str
    data: dict[str, Any]
    action_url: str | None
    # A function makes the default, so that the schema says: null, a text, or absent.
    image_url: Annotated[
        str | None,
        Field(
            default_factory=_none,
            description="Null if it has no image. Earlier records do not have this field.",
        ),
    ]
    image_alt: Annotated[str | None, Field(default_factory=_none)]
    actions: list[Action] = []
    created_at: Time
    expires_at: Time | None
    collapse_key: Annotated[
        str | None,
        Field(description="A newer notification of the same user and key supersedes this one."),
    ]
    delivered_at: Time | None
    seen_at: Time | None
    read_at: Time | None
    archived_at: Time | None


class Marks(BaseModel):
    """A changed notification, with all its marks after the change."""

    id: Id
    read_at: Time | None
    seen_at: Time | None
    archived_at: Time | None
    superseded_by: (
        Annotated[
            Id, Field(description="Id of the newer notification that superseded this one, if any.")
        ]
        | None
    ) = None
    withdrawn_at: (
        Annotated[Time, Field(description="When the shop withdrew it, if it did.")] | None
    ) = None


class CategoryCounts(BaseModel):
    """The counts of one category."""

    unread_count: Count
    unseen_count: Count


class Changed(BaseModel):
    """A change of a user's inbox. `ce_type` says what changed."""

    unread_count: Annotated[Count, Field(description="After the change.")]
    unseen_count: Annotated[Count, Field(description="After the change.")]
    changed: Annotated[list[Marks], Field(max_length=CHANGED_LIMIT)]
    user_id: str
    at: Annotated[
        Time, Field(description="Moment of the change. Rises with each change of a user.")
    ]
    read_up_to: (
        Annotated[
            Id,
            Field(
                description="Present if the user marked everything as read. Each notification of "
                "the user with an id up to this one, if it was neither read, archived, superseded, "
                "withdrawn nor muted, was read at `at`, and also seen at `at` if it was unseen."
            ),
        ]
        | None
    ) = None
    seen_up_to: (
        Annotated[
            Id,
            Field(
                description="Present if the user marked everything as seen. Each notification of "
                "the user with an id up to this one, if it was neither seen, archived, superseded, "
                "withdrawn, muted nor expired, was seen at `at`."
            ),
        ]
        | None
    ) = None
    by_category: (
        Annotated[
            dict[str, CategoryCounts],
            Field(
                description="The counts after the change of the categories that it was about; the "
                "others are unchanged. Absent if they are too many, or not known."
            ),
        ]
        | None
    ) = None


class Erased(BaseModel):
    """All data of a user was erased. Consumers must also delete their copies of the data."""

    unread_count: Literal[0]
    unseen_count: Literal[0]
    changed: Annotated[list[Marks], Field(max_length=0)]
    user_id: str
    at: Time
    erased: Literal[True]
    erased_up_to: Annotated[
        Id,
        Field(
            description="Every notification of the user that comes before this record on the "
            "topic, or has an id up to this one, is erased."
        ),
    ]


class Receipt(BaseModel):
    """What became of one notification."""

    notification_id: Id
    user_id: str
    at: Time
    latency_ms: Annotated[
        int | None,
        Field(
            ge=0,
            description="Milliseconds since the notification was created. Null if its id is not a "
            "UUIDv7, because only a UUIDv7 contains the time.",
        ),
    ]
    attempt: Annotated[
        Count,
        Field(
            description="Delivered: which push was acknowledged, counted from 1. Parked: "
            "how many pushes were not acknowledged. Otherwise 0."
        ),
    ]
    instance: Annotated[str, Field(description="The delivery instance that wrote this receipt.")]


class DeliveredReceipt(Receipt):
    """A client acknowledged it. Says which way the push took."""

    pushed_at: (
        Annotated[
            Time,
            Field(
                description="When the event was first pushed; `at` is the moment of the "
                "acknowledgement. Absent, together with `owner`, if the instance that pushed it "
                "could not write this receipt, and in older receipts."
            ),
        ]
        | None
    ) = None
    owner: (
        Annotated[
            str,
            Field(description="The instance that owned the user's partition and pushed it."),
        ]
        | None
    ) = None
    edge: (
        Annotated[
            str,
            Field(
                description="The instance that had the client's socket. Another one than `owner` "
                "means a hop. Absent if it is not known any more."
            ),
        ]
        | None
    ) = None


class SupersededReceipt(Receipt):
    """A newer notification of the same user and key replaced it before any client received it."""

    superseded_by: Id


class DeadLetteredReceipt(Receipt):
    """The record could not be parsed. The inbox still has the notification, and still owes it."""

    reason: str
