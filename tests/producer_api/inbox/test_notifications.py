"""A new primary has every notification, but may not know yet that a majority has it."""

from collections.abc import AsyncIterator
from typing import Any, cast

from motor.motor_asyncio import AsyncIOMotorCollection

from producer_api.inbox.notifications import Notifications
from tests.producer_api.documents import document

_STORED = document()


class _NewPrimary:
    """A collection with a notification, which only reads with the concern `local` find."""

    def __init__(self, *, is_local: bool = False) -> None:
        self._found = [_STORED] if is_local else []

    def with_options(self, **options: Any) -> "_NewPrimary":
        return _NewPrimary(is_local=options["read_concern"].level == "local")

    async def find(self, _query: object) -> AsyncIterator[Any]:
        for each in self._found:
            yield each

    async def find_one(self, _query: object) -> Any:
        return next(iter(self._found), None)


def _notifications() -> Notifications:
    return Notifications(cast("AsyncIOMotorCollection[Any]", _NewPrimary()))


async def test_a_notification_to_publish_is_found_at_a_new_primary() -> None:
    assert await _notifications().find_many([_STORED["_id"]]) == {_STORED["_id"]: _STORED}


async def test_a_notification_to_withdraw_is_found_at_a_new_primary() -> None:
    assert await _notifications().find(_STORED["_id"]) == _STORED
