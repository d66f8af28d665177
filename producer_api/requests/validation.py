"""Validates a parsed value against a model, with a bounded list of errors."""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from producer_api.problems.fields import MAX_ERRORS, FieldError, bounded, field_errors

ModelT = TypeVar("ModelT", bound=BaseModel)

_UNKNOWN = "Extra inputs are not permitted"


class InvalidFieldsError(Exception):
    """The value does not match the model. `errors` is short, whatever the caller sent."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__("not valid")
        self.errors = errors


def validated(model: type[ModelT], value: Any, limit: int = MAX_ERRORS) -> ModelT:
    """Return the value as this model, which allows no other fields. Raises `InvalidFieldsError`."""
    if isinstance(value, dict) and len(value) > MAX_ERRORS:
        _check_count(model, value, limit)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        findings = error.errors(include_url=False, include_context=False, include_input=False)
        errors = bounded(field_errors(findings), len(findings), limit)
    raise InvalidFieldsError(errors)


def _check_count(model: type[BaseModel], value: dict[str, Any], limit: int) -> None:
    # Pydantic would report every unknown field, and a batch may have hundreds of thousands.
    fields = model.model_fields
    if len(value) > len(fields) + MAX_ERRORS:
        unknown = (FieldError(field=name, message=_UNKNOWN) for name in value if name not in fields)
        count = len(value) - sum(name in value for name in fields)
        raise InvalidFieldsError(bounded(unknown, count, limit))
