"""The `errors` of a problem: which fields of the request are invalid, and why."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel


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
            message=finding["msg"].removeprefix("Value error, "),
        )
        for finding in findings
    ]
