"""How a call can fail, for the caller to tell apart."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self

import orjson


@dataclass(frozen=True, slots=True)
class Problem:
    """What the API says is wrong (RFC 9457): decide by `type`, show `detail`."""

    status: int
    type: str
    title: str
    detail: str
    errors: tuple[dict[str, str], ...] = ()

    @classmethod
    def read(cls, status: int, content: bytes) -> Self:
        """From an answer; also from one that is no problem document, as a proxy's may be."""
        try:
            document = orjson.loads(content)
        except orjson.JSONDecodeError:
            document = None
        return cls.of(status, document)

    @classmethod
    def of(cls, status: int, document: Any) -> Self:
        """From a document, whatever it holds."""
        members = document if isinstance(document, dict) else {}
        phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Unknown"
        title = str(members.get("title") or phrase)
        kind, detail = members.get("type", "about:blank"), members.get("detail") or title
        return cls(status, str(kind), title, str(detail), tuple(members.get("errors") or ()))


class ClientError(Exception):
    """A call failed; the message is for a person, and goes on from "the API"."""


class UnreachableError(ClientError):
    """No answer came, however often it was asked. Whether it was done is unknown."""


class AnsweredError(ClientError):
    """The API answered, but not with what was asked for."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"answered {problem.status}: {problem.detail}")
        self.problem = problem


class UnavailableError(AnsweredError):
    """It said to come again, until there was no time left. A later repeat may succeed."""


class RefusedError(AnsweredError):
    """It said no; a repeat would be answered so again."""
