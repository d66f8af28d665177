"""The create endpoints answer each request with the bytes that an earlier version answered.

These bytes were recorded when FastAPI still handled creates like all other routes. With
`RECORD_ANSWERS=1`, the test records the answers of this version instead. Then check the diff.
"""

import asyncio
import json
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.integration.producer_api.rest.create_cases import Case, accepted, others
from tests.integration.raw_http import answer_to
from tests.services.program import Program
from tests.services.waiting import PATIENCE_SECONDS

_RECORDS = Path(__file__).with_name("recorded_creates.json")
_RECORD = "RECORD_ANSWERS"
_AT_ONCE = 20
#: What differs from one answer to the next: ids, times, and how much of the rate limit is left.
_MASKS = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"), "<id>"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "<request id>"),
    (re.compile(r'"created_at":"[^"]*"'), '"created_at":"<time>"'),
    (re.compile(r"(?m)^date: .*$"), "date: <time>"),
    (re.compile(r";r=\d+;t=\d+"), ";r=<left>;t=<seconds>"),
)


async def test_every_answer_is_the_recorded_one(program: Program) -> None:
    port = int(program.url.rpartition(":")[2])
    answers = {case.name: await _answer(port, case) for case in accepted()}
    cases = list(others())
    for start in range(0, len(cases), _AT_ONCE):
        some = cases[start : start + _AT_ONCE]
        for case, answer in zip(some, await _answers(port, some), strict=True):
            answers[case.name] = answer
    if _RECORD in os.environ:
        _write(answers)
    recorded = {name: record["answer"] for record in _records() for name in record["cases"]}
    assert answers.keys() == recorded.keys()
    assert {name: answer for name, answer in answers.items() if answer != recorded[name]} == {}


async def _answers(port: int, some: Iterable[Case]) -> list[str]:
    return await asyncio.gather(*(_answer(port, case) for case in some))


async def _answer(port: int, case: Case) -> str:
    received = await answer_to(port, [case.request], PATIENCE_SECONDS)
    answer = received.decode().replace("\r\n", "\n")
    for pattern, mask in _MASKS:
        answer = pattern.sub(mask, answer)
    return answer


def _records() -> list[dict[str, Any]]:
    """Return each different answer with the names of its cases."""
    records: list[dict[str, Any]] = json.loads(_RECORDS.read_text())
    return records


def _write(answers: Mapping[str, str]) -> None:
    names = defaultdict(list)
    for name, answer in answers.items():
        names[answer].append(name)
    records = [{"cases": cases, "answer": answer} for answer, cases in names.items()]
    _RECORDS.write_text(json.dumps(records, indent=1, ensure_ascii=False) + "\n")
