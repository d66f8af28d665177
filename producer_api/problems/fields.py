"""The `errors` of a problem: which fields of the request are invalid, and why."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from pydantic import BaseModel

#: A problem lists at most this many errors.
MAX_ERRORS = 20
#: In characters. Callers choose the names of fields, and messages may quote what they sent.
_MAX_FIELD, _MAX_MESSAGE = 200, 300


class FieldError(BaseModel):
    """An invalid field. `field` is a dotted path; it is empty for the body as a whole."""

    field: str
    message: str


def field_errors(findings: Iterable[Any], *, skip: int = 0) -> list[FieldError]:
    """Return one entry for each of pydantic's findings.

    `skip` is how many leading parts of each location to leave out, such as FastAPI's `query`.
    """
    return [
        FieldError(
            field=".".join(str(part) for part in finding["loc"][skip:]),
            message=_message(finding),
        )
        for finding in findings
    ]


def _message(finding: Any) -> str:
    # Pydantic's own text would show the name of one of our classes to the caller.
    if finding["type"] == "model_type":
        return "must be an object"
    return str(finding["msg"]).removeprefix("Value error, ")


def bounded(errors: Iterable[FieldError], count: int, limit: int = MAX_ERRORS) -> list[FieldError]:
    """Return at most `limit` of these `count` errors, with long texts cut.

    If some are left out, the last entry says how many, unless `limit` is 1.
    """
    is_cut = count > limit > 1
    shown = [
        FieldError(
            field=shortened(error.field, _MAX_FIELD),
            message=shortened(error.message, _MAX_MESSAGE),
        )
        for error in islice(errors, limit - 1 if is_cut else limit)
    ]
    if is_cut:
        shown.append(FieldError(field="", message=f"and {count - len(shown)} more errors"))
    return shown


def shortened(text: str, length: int) -> str:
    """Return the text, cut if it has more than `length` characters."""
    return text if len(text) <= length else f"{text[:length]}…"
