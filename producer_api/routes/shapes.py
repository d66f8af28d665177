"""The shapes of bodies and answers, for checking what comes in and for the OpenAPI document."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from producer_api.inbox.state import State

Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]


class ShownNotification(BaseModel):
    """A notification, as its user sees it."""

    id: str
    user_id: str
    type: str
    title: str
    body: str
    data: dict[str, Any]
    action_url: str | None
    created_at: Time
    expires_at: Time | None
    collapse_key: str | None
    delivered_at: Time | None
    seen_at: Time | None
    read_at: Time | None
    archived_at: Time | None


class TracedNotification(ShownNotification):
    """A notification, as the service that sent it sees it."""

    status: State


class TracedList(BaseModel):
    """One page of what was sent to a user."""

    items: list[TracedNotification]
    next_cursor: str | None


class ShownCounts(BaseModel):
    """What the badge shows. Archived, expired and superseded notifications do not count."""

    unread_count: int
    unseen_count: int


class ShownList(ShownCounts):
    """One page of a user's list."""

    items: list[ShownNotification]
    next_cursor: str | None


class WantedMarks(BaseModel):
    """What a shopper marks; at least one. Reading marks as seen as well."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"minProperties": 1, "examples": [{"read": True}]},
    )

    read: bool | None = None
    seen: Literal[True] | None = None
    archived: bool | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.read is self.seen is self.archived is None:
            raise ValueError("expected at least one of read, seen, archived")
        return self
