"""The errors that a call raises, and the problems that the API reports."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self

import orjson


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem that the API reports (RFC 9457). Branch on `type`, and show `detail`."""

    status: int
    type: str
    title: str
    detail: str
    errors: tuple[dict[str, str], ...] = ()

    @classmethod
    def read(cls, status: int, content: bytes) -> Self:
        """Return the problem in a response, which may come from a proxy, with any content."""
        try:
            document = orjson.loads(content)
        except orjson.JSONDecodeError:
            document = None
        return cls.of(status, document)

    @classmethod
    def of(cls, status: int, document: Any) -> Self:
        """Return the problem in a JSON document, which may have any content."""
        members = document if isinstance(document, dict) else {}
        phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Unknown"
        title = str(members.get("title") or phrase)
        kind, detail = members.get("type", "about:blank"), members.get("detail") or title
        errors = members.get("errors")
        found = errors if isinstance(errors, list) else []
        fields = tuple(each for each in found if isinstance(each, dict))
        return cls(status, str(kind), title, str(detail), fields)


class ClientError(Exception):
    """A call failed. The message completes a sentence that begins with "the API"."""


class UnreachableError(ClientError):
    """The last attempt got no response. The request may have been carried out."""


class AnsweredError(ClientError):
    """The API responded with a problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"answered {problem.status}: {problem.detail}")
        self.problem = problem


class UnavailableError(AnsweredError):
    """A temporary problem lasted longer than the patience of the call. Try again later."""


class RefusedError(AnsweredError):
    """The API refused the request. A repeat would be refused again."""
