"""Pydantic's findings as the contract lists them."""

from collections.abc import Iterable
from typing import Any

from producer_api.problems.documents import FieldError


def field_errors(findings: Iterable[Any], *, skip: int = 0) -> list[FieldError]:
    """One entry per finding; `skip` leading parts of each location are not the caller's."""
    return [
        FieldError(
            field=".".join(str(part) for part in finding["loc"][skip:]),
            message=finding["msg"].removeprefix("Value error, "),
        )
        for finding in findings
    ]
