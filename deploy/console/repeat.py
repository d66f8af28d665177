"""Pushes notifications again and replays dead letters, with the code of `delivery.tools`."""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any

from aiokafka.errors import KafkaError
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field
from pymongo.errors import PyMongoError

from delivery.inbox import Inbox
from delivery.tools.dlq import replay_letters
from delivery.tools.push_again import push
from delivery.tools.replay_verdict import REPLAYABLE, judge, place_of
from delivery.tools.tool_inbox import ToolInbox
from deploy.console.access import Visitor
from deploy.console.problems import ProblemError
from deploy.console.settings import ConsoleSettings
from producer_api.contract.masked_user import masked
from producer_api.contract.notification import USER_ID_CHARACTERS, check_user_id

_log = logging.getLogger(__name__)

_MOST_REPEATED, _MOST_SHOWN = 10_000, 1_000
_PATIENCE_SECONDS = 60.0


class Repeat(BaseModel):
    """Asks to push the notifications of a user that were created in [since, until) again."""

    user_id: Annotated[
        str, Field(min_length=1, max_length=USER_ID_CHARACTERS), AfterValidator(check_user_id)
    ]
    since: AwareDatetime
    until: AwareDatetime | None = None
    apply: bool = False


class RepeatLetter(BaseModel):
    """Asks to replay a dead letter."""

    place: Annotated[str, Field(pattern=r"^[0-9]{1,6}:[0-9]{1,18}$")]
    apply: bool = False


class Repeats:
    """Carries out one repetition at a time."""

    def __init__(self, settings: ConsoleSettings, inbox: Inbox) -> None:
        self._settings = settings
        self._inbox = inbox
        self._turn = asyncio.Lock()

    async def push_again(self, what: Repeat, visitor: Visitor) -> dict[str, Any]:
        """Return the ids to push again; push them if asked to. Raises `ProblemError`."""
        if what.apply:
            visitor.check_may_repeat()
        return await self._patiently(self._push_again(what, visitor))

    async def replay_letter(self, what: RepeatLetter, visitor: Visitor) -> dict[str, Any]:
        """Return the place of the dead letter, if it can be replayed; replay it if asked to.

        Raises `ProblemError`.
        """
        if what.apply:
            visitor.check_may_repeat()
        return await self._patiently(self._replay_letter(what, visitor))

    async def _push_again(self, what: Repeat, visitor: Visitor) -> dict[str, Any]:
        inbox, until = ToolInbox(self._inbox), what.until or datetime.now(UTC)
        found = await inbox.pushable(what.user_id, what.since, until, _MOST_REPEATED + 1)
        if len(found) > _MOST_REPEATED:
            raise ProblemError(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                f"since, until: these are more than {_MOST_REPEATED:,} notifications; choose a "
                "shorter time, or use `python -m delivery.tools replay`",
            )
        if what.apply:
            _note(visitor, f"notifications of {masked(what.user_id)}", len(found))
            await push(self._settings, inbox, found)
        return _answer([document["_id"] for document in found], applied=what.apply)

    async def _replay_letter(self, what: RepeatLetter, visitor: Visitor) -> dict[str, Any]:
        inbox = ToolInbox(self._inbox)
        letters = await judge(self._settings, [what.place], inbox)
        if not letters:
            detail = f"place: there is no dead letter at {what.place}"
            raise ProblemError(HTTPStatus.NOT_FOUND, detail)
        chosen = [letter for letter in letters if letter.verdict in REPLAYABLE]
        if what.apply:
            _note(visitor, f"dead letter {what.place}", len(chosen))
            await replay_letters(self._settings, chosen, inbox)
        answer = _answer([place_of(letter.record) for letter in chosen], applied=what.apply)
        return {**answer, "verdict": letters[0].verdict.value}

    async def _patiently(self, work: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS), self._turn:
                return await work
        except (KafkaError, PyMongoError, TimeoutError) as error:
            raise ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"Kafka or MongoDB does not answer ({type(error).__name__}); a part may "
                "have been repeated. It is safe to try again: clients drop what they have",
            ) from error
        finally:
            work.close()  # avoids a warning if the work did not begin in time


def _note(visitor: Visitor, what: str, count: int) -> None:
    who = visitor.identity.subject
    _log.info("repetition applied", extra={"who": who, "what": what, "count": count})


def _answer(would: Sequence[str], *, applied: bool) -> dict[str, Any]:
    return {"would": would[:_MOST_SHOWN], "count": len(would), "applied": applied}
