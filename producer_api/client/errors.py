"""How a call can fail."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self

import orjson


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem that the API reports (RFC 9457). Decide by `type`, and show `detail`."""

    status: int
    type: str
    title: str
    detail: str
    errors: tuple[dict[str, str], ...] = ()

    @classmethod
    def read(cls, status: int, content: bytes) -> Self:
        """Read a response. It need not be a problem document: a proxy may have sent it."""
        try:
            document = orjson.loads(content)
        except orjson.JSONDecodeError:
            document = None
        return cls.of(status, document)

    @classmethod
    def of(cls, status: int, document: Any) -> Self:
        """Make it from a JSON document, which may have any content."""
        members = document if isinstance(document, dict) else {}
        phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Unknown"
        title = str(members.get("title") or phrase)
        kind, detail = members.get("type", "about:blank"), members.get("detail") or title
        return cls(status, str(kind), title, str(detail), tuple(members.get("errors") or ()))


class ClientError(Exception):
    """A call failed. The message is for people, and continues the words "the API"."""


class UnreachableError(ClientError):
    """No response came to any attempt. It is unknown whether the request was done."""


class AnsweredError(ClientError):
    """The API responded with a problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"answered {problem.status}: {problem.detail}")
        self.problem = problem


class UnavailableError(AnsweredError):
    """The problem was temporary, but lasted until the time was up. A later repeat may succeed."""


class RefusedError(AnsweredError):
    """The API refused the request. A repeat would be refused again."""
