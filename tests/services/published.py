"""Checks of records against the data team's schemas, with the official validators."""

import json
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import orjson
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event
from cloudevents.core.exceptions import CloudEventValidationError
from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator

from producer_api.schemas.json_schemas import FOLDER
from tests.services.world import World

#: Objects whose fields the caller chooses. Unknown fields are allowed there.
_OPEN = {"data"}


async def assert_topics_match_the_contract(world: World, *, dead_letters: int | None = 0) -> None:
    """Check the records on the three topics, except those that delivery dead-lettered.

    Expects `dead_letters` dead letters, or any number if it is None.
    """
    settings = world.settings
    letters = await world.records(settings.dead_letter_topic)
    unreadable = {_origin(letter) for letter in letters}
    records = [
        record
        for record in await world.records(settings.kafka_topic)
        if (record.partition, record.offset) not in unreadable
    ]
    problems = problems_of([*records, *await world.records(settings.receipt_topic)])
    problems += [problem for letter in letters for problem in _envelope_problems(letter)]
    if dead_letters is not None and len(letters) != dead_letters:
        problems.append(f"{len(letters)} dead letters, expected {dead_letters}")
    if problems:
        raise AssertionError("\n".join(problems))


def _origin(letter: Any) -> tuple[int, int]:
    headers = dict(letter.headers)
    return int(headers["dlq_partition"]), int(headers["dlq_offset"])


def problems_of(records: Iterable[Any]) -> list[str]:
    """Return the problems of these records, each with its record's topic, partition and offset."""
    return [
        f"{record.topic}/{record.partition}/{record.offset}: {problem}"
        for record in records
        for problem in (*_envelope_problems(record), *_value_problems(record))
    ]


def _envelope_problems(record: Any) -> Iterator[str]:
    headers = dict(record.headers)
    if len(headers) != len(record.headers):
        yield "a header occurs twice"
    try:
        event = from_binary_event(
            # Leave out the value. Only the headers are checked here, and the value of a dead
            # letter is unreadable.
            KafkaMessage(headers={**headers, "content-type": b"text/plain"}, key=None, value=b"")
        )
    except (CloudEventValidationError, ValueError, KeyError, AttributeError) as error:
        yield f"not a CloudEvent in binary mode: {error!r}"
        return
    if event.get_specversion() != "1.0":
        yield f"CloudEvents version {event.get_specversion()}, expected 1.0"
    if "content-type" not in headers or "ce_time" not in headers:
        yield "the header content-type or ce_time is missing"


def _value_problems(record: Any) -> Iterator[str]:
    headers = dict(record.headers)
    kind = headers.get("ce_type", b"").decode()
    try:
        validator = _validator(_schema_of(kind, value := orjson.loads(record.value)))
    except FileNotFoundError:
        yield f"no schema for the ce_type {kind!r}"
        return
    yield from (f"{error.json_path}: {error.message}" for error in validator.iter_errors(value))
    if record.key != value.get("user_id", "").encode():
        yield "the key is not the user_id"
    if "inbox" in headers:
        errors = _validator("notification.seen").iter_errors(orjson.loads(headers["inbox"]))
        yield from (f"header inbox{error.json_path[1:]}: {error.message}" for error in errors)


def _schema_of(kind: str, value: Any) -> str:
    # The shop's withdrawal and the receipt of a withdrawn notification have the same type.
    is_receipt = kind == "notification.withdrawn" and "notification_id" in value
    return f"{kind}_receipt" if is_receipt else kind


@cache
def _validator(kind: str) -> Validator:
    schema = json.loads((FOLDER / f"{kind}.v1.json").read_text())
    return Draft202012Validator(_closed(schema), format_checker=Draft202012Validator.FORMAT_CHECKER)


def _closed(schema: Any, name: str = "") -> Any:
    """Return the schema with unknown fields forbidden.

    The original allows them, so that a later version can add fields.
    """
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value, key) for key, value in schema.items()}
    if "properties" in closed and isinstance(closed["properties"], dict) and name not in _OPEN:
        closed["additionalProperties"] = False
    return closed
