"""Models of the record values on the topics. The JSON Schemas for the data team come from them.

No program parses or writes records by these models. `contract/notification.py` builds the value of
a notification, `contract/inbox_event.py` that of a change, `delivery/receipts/records.py` that of a
receipt. The tests check every record of real runs against the schemas.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from producer_api.contract.inbox_event import CHANGED_LIMIT

Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Id = Annotated[str, Field(json_schema_extra={"format": "uuid"})]
Count = Annotated[int, Field(ge=0)]


class Created(BaseModel):
    """A notification, as it is pushed to its user. Later records tell what became of it."""

    id: Annotated[Id, Field(description="UUIDv7, equal to `ce_id`. Drop repeats by it.")]
    user_id: str
    type: Annotated[str, Field(pattern=r"^[a-z0-9._-]+$")]
    title: str
    body: str
    data: dict[str, Any]
    action_url: str | None
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


class Changed(BaseModel):
    """A change of a user's inbox. `ce_type` says what was done."""

    unread_count: Annotated[Count, Field(description="After the change.")]
    unseen_count: Annotated[Count, Field(description="After the change.")]
    changed: Annotated[list[Marks], Field(max_length=CHANGED_LIMIT)]
    user_id: str
    at: Annotated[
        Time, Field(description="Moment of the change. Rises from change to change of one user.")
    ]
    read_up_to: (
        Annotated[
            Id,
            Field(
                description="Present if all were marked as read. Each notification of the user "
                "with an id up to this one was read at `at`, and seen at `at` unless it was seen "
                "before, if it was neither read, archived nor superseded then."
            ),
        ]
        | None
    ) = None
    seen_up_to: (
        Annotated[
            Id,
            Field(
                description="Present if all were marked as seen. Each notification of the user "
                "with an id up to this one was seen at `at`, if it was neither seen, archived, "
                "superseded nor expired then."
            ),
        ]
        | None
    ) = None


class Erased(BaseModel):
    """All data of a user was erased. Consumers that keep any of it must delete it."""

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
            description="Milliseconds since the notification was created. Null if its id is no "
            "UUIDv7: only those hold the time.",
        ),
    ]
    attempt: Annotated[
        Count,
        Field(
            description="Delivered: the number of the push that was acknowledged, from 1. Parked: "
            "how many pushes were not acknowledged. Otherwise 0."
        ),
    ]
    instance: Annotated[str, Field(description="The delivery instance that wrote this receipt.")]


class SupersededReceipt(Receipt):
    """A newer notification of its user and key took its place; no client had received it."""

    superseded_by: Id


class DeadLetteredReceipt(Receipt):
    """Its record could not be parsed. The inbox still has the notification, and still owes it."""

    reason: str
