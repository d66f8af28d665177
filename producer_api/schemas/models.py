"""The values of records on the topics, for the data team: models, of which the schemas are made.

Nobody parses by them: a notification is put together by `contract/notification.py`, a change by
`contract/inbox_event.py`, a receipt by `delivery/receipts/records.py`. The tests hold all
that a real run leaves on the topics against them.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from producer_api.contract.inbox_event import CHANGED_LIMIT

Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Id = Annotated[str, Field(json_schema_extra={"format": "uuid"})]
Count = Annotated[int, Field(ge=0)]


class Created(BaseModel):
    """A notification, as its user is pushed it. Its later states are told by later records."""

    id: Annotated[Id, Field(description="UUIDv7; `ce_id` as well. By it, repeats are dropped.")]
    user_id: str
    type: Annotated[str, Field(pattern=r"^[a-z0-9._-]+$")]
    title: str
    body: str
    data: dict[str, Any]
    action_url: str | None
    created_at: Time
    expires_at: Time | None
    collapse_key: Annotated[
        str | None, Field(description="A newer one of the user and key supersedes this one.")
    ]
    delivered_at: Time | None
    seen_at: Time | None
    read_at: Time | None
    archived_at: Time | None


class Marks(BaseModel):
    """A notification concerned, with all its marks as they are after the change."""

    id: Id
    read_at: Time | None
    seen_at: Time | None
    archived_at: Time | None
    superseded_by: Annotated[Id, Field(description="Where a newer one has its place.")] | None = (
        None
    )


class Changed(BaseModel):
    """What was done to a user's inbox. Which of it, `ce_type` says."""

    unread_count: Annotated[Count, Field(description="After the change.")]
    unseen_count: Annotated[Count, Field(description="After the change.")]
    changed: Annotated[list[Marks], Field(max_length=CHANGED_LIMIT)]
    user_id: str
    at: Annotated[Time, Field(description="Rises from change to change of one user.")]
    read_up_to: (
        Annotated[
            Id,
            Field(
                description="All was read: whatever of the user's has an id up to it and was "
                "neither read, archived nor superseded has been read at `at`, and seen, if it had "
                "not been."
            ),
        ]
        | None
    ) = None
    seen_up_to: (
        Annotated[
            Id,
            Field(
                description="All was seen: whatever of the user's has an id up to it and was "
                "neither seen, archived nor superseded, nor had expired, has been seen at `at`."
            ),
        ]
        | None
    ) = None


class Erased(BaseModel):
    """All of a user's was erased: whoever keeps any of it deletes it."""

    unread_count: Literal[0]
    unseen_count: Literal[0]
    changed: Annotated[list[Marks], Field(max_length=0)]
    user_id: str
    at: Time
    erased: Literal[True]
    erased_up_to: Annotated[
        Id, Field(description="Whatever stands before this record or has an id up to it is gone.")
    ]


class Receipt(BaseModel):
    """What became of one notification."""

    notification_id: Id
    user_id: str
    at: Time
    latency_ms: Annotated[
        int | None,
        Field(ge=0, description="Since its creation; null where its id says no time (no UUIDv7)."),
    ]
    attempt: Annotated[
        Count,
        Field(
            description="The push that was acknowledged, from 1; of a parked one how many were in "
            "vain; else 0."
        ),
    ]
    instance: Annotated[str, Field(description="Which instance tells it.")]


class SupersededReceipt(Receipt):
    """A newer one of its user and collapse key has its place; no client had it before."""

    superseded_by: Id


class DeadLetteredReceipt(Receipt):
    """Its record could not be read. The inbox has it whole, and still owes it."""

    reason: str
