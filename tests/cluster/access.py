"""The rights that `docs/security.md` documents. The cluster grants the programs exactly these."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import for_code
from aiokafka.protocol.admin import CreateAclsRequest

from deploy.local.paths import ROOT

_PAGE = ROOT / "docs" / "security.md"
_NAMES = re.compile(r"`([^`]+)`")
_RESOURCES = {"topic": 2, "group": 3, "cluster": 4}
_OPERATIONS = {
    "Read": 3,
    "Write": 4,
    "Create": 5,
    "Delete": 6,
    "Alter": 7,
    "Describe": 8,
    "DescribeConfigs": 10,
}
_LITERAL, _ALLOW = 3, 3


class Acl(NamedTuple):
    """One rule of Kafka's authorizer: what a program's user may do with a topic or group."""

    program: str
    resource: str
    name: str
    operation: str


def acls(names: Mapping[str, str]) -> list[Acl]:
    """Return the documented rules. `names` maps documented topics and groups to those in use."""
    return [
        Acl(program, kind, names.get(name, name), operation)
        for program, resources, operations in _rows("### Kafka: who may do what")
        for kind, name in _resources(resources)
        for operation in _NAMES.findall(operations)
    ]


def mongo_roles(database: str) -> dict[str, list[Any]]:
    """Return the documented roles of each program in this database."""
    return {
        program: [{"role": role, "db": database} for role in _NAMES.findall(roles)]
        for program, roles, *_ in _rows("### MongoDB: who may do what")
    }


async def grant(admin: AIOKafkaAdminClient, rules: list[Acl]) -> None:
    """Add the rules. Raises `KafkaError`."""
    response = await admin._send_request(_Grant(rules))
    for code, message in response.creation_responses:
        if code:
            raise for_code(code)(message)


class _Grant(CreateAclsRequest):  # type: ignore[misc] # aiokafka has no types
    """A request that creates several rules. aiokafka's own request would need one for each rule."""

    def __init__(self, rules: list[Acl]) -> None:
        self._rules: list[Any] = [
            (
                *(_RESOURCES[rule.resource], rule.name, _LITERAL, f"User:{rule.program}", "*"),
                *(_OPERATIONS[rule.operation], _ALLOW),
            )
            for rule in rules
        ]

    def build(self, request_struct_class: Any) -> Any:
        return request_struct_class(self._rules)


def _resources(text: str) -> Iterator[tuple[str, str]]:
    """Yield the kinds and names of texts like "topics `a`, `b`; group `c`"."""
    for part in text.split(";"):
        kind = part.split()[0].rstrip("s")
        for name in _NAMES.findall(part):
            yield kind, name


def _rows(heading: str, page: Path = _PAGE) -> Iterator[list[str]]:
    """Yield the rows of the first table below the heading, with the program's name unquoted."""
    below = page.read_text().partition(f"{heading}\n")[2]
    lines = [line for line in below.splitlines() if line.startswith(("|", "#"))]
    for line in lines[2:]:
        if line.startswith("#"):
            return
        program, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        yield [program.strip("`"), *cells]
