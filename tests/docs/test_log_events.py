"""docs/on-call.md lists exactly the log events that the programs write, with their fields."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from deploy.local.paths import ROOT

_PROGRAMS = ("delivery", "deploy/console", "producer_api", "runtime")
_LEVELS = {
    "debug": "debug",
    "info": "info",
    "warning": "warning",
    "error": "error",
    "exception": "error",
    "critical": "critical",
}
_ROW = re.compile(r"^\| `([^`]+)` \| (\w+) \| ([^|]*) \|", re.MULTILINE)


class _Call(NamedTuple):
    place: str
    level: str
    arguments: list[ast.expr]
    fields: frozenset[str]
    """The fields that the call names literally. A variable may add others."""


def test_every_log_call_has_a_constant_event() -> None:
    varying = [
        call.place
        for call in _calls()
        if len(call.arguments) != 1
        or not isinstance(call.arguments[0], ast.Constant)
        or "%" in str(call.arguments[0].value)
    ]
    assert varying == [], "an event is a constant text; put variable parts into `extra`"


def test_the_list_has_every_event_with_its_level_and_no_other() -> None:
    written = {(_event(call), call.level) for call in _calls()}
    listed = {(event, level) for event, level, _ in _rows()}
    assert sorted(written - listed) == [], "events that docs/on-call.md does not list"
    assert sorted(listed - written) == [], "events in docs/on-call.md that no program writes"


def test_the_list_names_the_fields_of_each_event() -> None:
    listed = {
        (event, level, field)
        for event, level, fields in _rows()
        for field in re.findall(r"`(\w+)`", fields)
    }
    written = {(_event(call), call.level, field) for call in _calls() for field in call.fields}
    assert sorted(written - listed) == [], "fields that docs/on-call.md does not list"


def _rows() -> list[tuple[str, str, str]]:
    text = (ROOT / "docs" / "on-call.md").read_text()
    return _ROW.findall(text.split("## Log events")[1])


def _event(call: _Call) -> str:
    return str(ast.literal_eval(call.arguments[0]))


@cache
def _calls() -> list[_Call]:
    return [
        _Call(f"{path.relative_to(ROOT)}:{node.lineno}", level, node.args, frozenset(_fields(node)))
        for program in _PROGRAMS
        for path in sorted((ROOT / program).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and (level := _level(node.func))
    ]


def _level(function: ast.expr) -> str | None:
    """Return the level of a call to `_log`, or None for a call to something else."""
    if not isinstance(function, ast.Attribute) or not isinstance(function.value, ast.Name):
        return None
    return _LEVELS.get(function.attr) if function.value.id == "_log" else None


def _fields(call: ast.Call) -> Iterator[str]:
    for keyword in call.keywords:
        if keyword.arg == "exc_info":
            yield "error"
        for node in ast.walk(keyword.value):
            if keyword.arg == "extra" and isinstance(node, ast.Dict):
                yield from (str(key.value) for key in node.keys if isinstance(key, ast.Constant))
