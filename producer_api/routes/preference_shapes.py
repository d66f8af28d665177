"""Models of a user's preferences, for validation and for the OpenAPI document."""

from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from producer_api.contract.category import Category
from producer_api.contract.preferences import QuietHours

MOST_MUTED = 100

_TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
_EXAMPLE: dict[str, Any] = {
    "muted": ["offer"],
    "quiet_hours": {"from": "22:00", "to": "08:00", "time_zone": "Europe/Madrid"},
}


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    # A folder of the database, such as `Europe`, raises an `OSError`.
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(
            "must be a time zone of the IANA database, such as Europe/Madrid"
        ) from error
    return name


TimeOfDay = Annotated[str, Field(pattern=_TIME, description="`HH:MM`, from 00:00 to 23:59.")]


class ShownQuietHours(BaseModel):
    """A span of each day. If `to` is earlier than `from`, it ends on the next day."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [_EXAMPLE["quiet_hours"]]},
    )

    begin: Annotated[TimeOfDay, Field(alias="from")]
    to: TimeOfDay
    time_zone: Annotated[
        str,
        Field(max_length=64, description="Of the IANA database, such as `Europe/Madrid`."),
        AfterValidator(_known_zone),
    ]

    @model_validator(mode="after")
    def _is_a_span(self) -> Self:
        if self.begin == self.to:
            raise ValueError("from and to must differ; for no quiet hours, send null")
        return self

    def stored(self) -> QuietHours:
        """Return the quiet hours as MongoDB has them."""
        return {"from": self.begin, "to": self.to, "time_zone": self.time_zone}


class WantedPreferences(BaseModel):
    """The preferences from now on. What is absent becomes the default."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [_EXAMPLE]}
    )

    muted: Annotated[
        list[Category],
        Field(
            max_length=MOST_MUTED,
            description="Categories whose new notifications are neither shown nor counted nor "
            "pushed. Unmuting one does not bring back what was muted.",
        ),
    ] = []
    quiet_hours: Annotated[
        ShownQuietHours | None,
        Field(description="When no browser is woken by Web Push. The inbox is not affected."),
    ] = None
    always: Annotated[
        list[str] | None,
        Field(
            max_length=MOST_MUTED,
            description="Ignored. It may be sent, so that an answer can be sent back.",
        ),
    ] = None


class ShownPreferences(BaseModel):
    """The preferences of a user: those that were stored, or the defaults."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_EXAMPLE, "always": ["order"]}]})

    muted: list[str]
    quiet_hours: ShownQuietHours | None
    always: Annotated[
        list[str], Field(description="Categories that nobody can mute, by the shop's decision.")
    ]
