"""After any sequence of calls, lists and counts equal those of a naive inbox."""

import asyncio
import itertools
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.delivery.core.effort import effort
from tests.integration.producer_api.api import Api, notification
from tests.integration.producer_api.naive_inbox import NaiveInbox
from tests.services.tokens import service_token, shopper_token
from tests.services.waiting import PATIENCE_SECONDS

_MARKS = [
    {"seen": True},
    {"read": True},
    {"read": False},
    {"archived": True},
    {"archived": False},
    {"read": True, "archived": True},
    {"read": False, "archived": False},
]
_user = st.sampled_from(("ana", "eve"))
_key = st.sampled_from((None, "order-1", "order-1", "order-2"))
_a_key = st.sampled_from(("order-1", "order-2"))
_kind = st.sampled_from(("order.shipped", "offer.new", "offer", "news.daily"))
_item = st.tuples(_user, _key, _kind)
_STEPS = st.one_of(
    st.tuples(st.just("create"), _item),
    st.tuples(st.just("create_batch"), st.lists(_item, min_size=1, max_size=5)),
    st.tuples(st.just("repeat")),
    st.tuples(st.just("mark"), st.integers(0, 30), st.sampled_from(_MARKS)),
    st.tuples(st.just("mark_all_read"), _user),
    st.tuples(st.just("mark_all_seen"), _user),
    st.tuples(st.just("prefer"), _user, st.sets(st.sampled_from(("offer", "news", "none")))),
    st.tuples(st.just("mark_ids"), _user, st.lists(st.integers(0, 30), min_size=1, max_size=4)),
    st.tuples(st.just("mark_standing"), _user, _a_key, st.sampled_from(("read", "seen"))),
    st.tuples(st.just("withdraw"), st.integers(0, 30)),
    st.tuples(st.just("withdraw_standing"), _user, _a_key),
    st.tuples(st.just("erase"), _user),
)
#: A user, a collapse key and a type.
_Item = tuple[str, str | None, str]
_CATEGORIES = ("order", "offer", "news")
_worlds = itertools.count()
_IN_PROGRESS = 409


class _Both:
    """Carries out each step with the API and with the naive inbox, for this example's users."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._world = f"-{next(_worlds)}"
        self._naive = NaiveInbox()
        self._keys = itertools.count()
        statuses = ("all", "unread", "unseen", "archived")
        self._lists = itertools.cycle(itertools.product(statuses, _CATEGORIES))
        self._last: tuple[str, dict[str, Any], str] | None = None

    async def create(self, wanted: _Item) -> None:
        (item,) = self._items([wanted])
        key = self._next_key("", item)
        answer = await self._api.create(item.pop("user_id"), key=key, **item)
        assert answer.status_code == 201
        self._add_created([wanted], [answer.json()])

    async def create_batch(self, wanted: list[_Item]) -> None:
        items = self._items(wanted)
        key = self._next_key("/batch", {"notifications": items})
        answer = await self._api.create_batch(*items, key=key)
        assert answer.status_code == 200
        results = answer.json()["results"]
        self._add_created(wanted, [result["notification"] for result in results])

    async def repeat(self) -> None:
        """Repeat the last create. It must change nothing."""
        if self._last is not None:
            path, body, key = self._last
            status = _IN_PROGRESS
            async with asyncio.timeout(PATIENCE_SECONDS):
                while status == _IN_PROGRESS:
                    answer = await self._api.call(
                        "POST",
                        f"/v1/notifications{path}",
                        service_token(name="orders"),
                        json=body,
                        headers={"Idempotency-Key": key},
                    )
                    status = answer.status_code
            assert status in {200, 201, 410}

    async def mark(self, index: int, marks: dict[str, bool]) -> None:
        note = self._naive.pick(index)
        if note is not None:
            assert (await self._api.mark(note.user, note.id, **marks)).status_code == 200
            self._naive.mark(note, marks)

    async def mark_all_read(self, user: str) -> None:
        assert (await self._api.mark_all_read(user + self._world)).status_code == 200
        self._naive.mark_all_read(user + self._world)

    async def mark_all_seen(self, user: str) -> None:
        assert (await self._api.mark_all_seen(user + self._world)).status_code == 200
        self._naive.mark_all_seen(user + self._world)

    async def prefer(self, user: str, muted: set[str]) -> None:
        assert (await self._api.prefer(user + self._world, muted=sorted(muted))).status_code == 200
        self._naive.muted[user + self._world] = muted

    async def mark_ids(self, user: str, indexes: list[int]) -> None:
        """Mark the picked notifications as read. Those of another user must not change."""
        notes = [note for index in indexes if (note := self._naive.pick(index)) is not None]
        user += self._world
        ids = [note.id for note in notes] or ["unknown"]
        answer = await self._api.choose("read", user, shopper_token(user), ids=ids)
        assert answer.status_code == 200
        self._naive.mark_chosen(user, notes, {"read": True})

    async def mark_standing(self, user: str, key: str, mark: str) -> None:
        user += self._world
        answer = await self._api.choose(mark, user, service_token(), collapse_key=key)
        assert answer.status_code == 200
        self._naive.mark_chosen(user, self._naive.standing(user, key), {mark: True})

    async def withdraw(self, index: int) -> None:
        note = self._naive.pick(index)
        if note is not None:
            assert (await self._api.withdraw(note.id)).status_code == 204
            self._naive.withdraw([note])

    async def withdraw_standing(self, user: str, key: str) -> None:
        user += self._world
        assert (await self._api.withdraw_standing(user, key)).status_code == 204
        self._naive.withdraw(self._naive.standing(user, key))

    async def erase(self, user: str) -> None:
        assert (await self._api.erase(user + self._world)).status_code == 204
        self._naive.erase(user + self._world)

    async def check(self) -> None:
        users = "ana" + self._world, "eve" + self._world
        await asyncio.gather(*map(self._check_lists, users), *map(self._check_sent, users))

    async def _check_lists(self, user: str) -> None:
        lists = self._naive.listed(user)
        by_category = {each: self._naive.listed(user, each) for each in _CATEGORIES}
        pages = await asyncio.gather(
            *(
                self._api.listed(user, status=status, limit=100, counts=",".join(_CATEGORIES))
                for status in lists
            )
        )
        for ids, page in zip(lists.values(), (page.json() for page in pages), strict=True):
            assert [item["id"] for item in page["items"]] == ids
            assert _counts(page) == (len(lists["unread"]), len(lists["unseen"]))
            assert {name: _counts(counts) for name, counts in page["by_category"].items()} == {
                name: (len(of_name["unread"]), len(of_name["unseen"]))
                for name, of_name in by_category.items()
            }
        status, category = next(self._lists)
        ids = await self._api.ids(user, status=status, limit=100, category=category)
        assert ids == by_category[category][status]

    async def _check_sent(self, user: str) -> None:
        query = {"user_id": user, "limit": 100}
        sent = await self._api.call("GET", "/v1/notifications", service_token(), params=query)
        states = [(item["id"], item["status"]) for item in sent.json()["items"]]
        assert states == self._naive.sent(user)

    def _items(self, wanted: list[_Item]) -> list[dict[str, Any]]:
        return [
            notification(user + self._world, collapse_key=key, type=kind)
            for user, key, kind in wanted
        ]

    def _next_key(self, path: str, body: dict[str, Any]) -> str:
        key = f"{self._world}-{next(self._keys)}"
        self._last = path, dict(body), key
        return key

    def _add_created(self, wanted: list[_Item], created: list[dict[str, Any]]) -> None:
        for (user, key, kind), item in zip(wanted, created, strict=True):
            category = kind.split(".")[0]
            is_muted = self._naive.create(user + self._world, key, item["id"], category)
            assert (item.get("status") == "muted") == is_muted


def _counts(shown: dict[str, int]) -> tuple[int, int]:
    return shown["unread_count"], shown["unseen_count"]


@settings(effort(15), suppress_health_check=list(HealthCheck))
@given(steps=st.lists(_STEPS, min_size=1, max_size=20))
async def test_lists_and_counts_equal_those_of_a_naive_inbox(
    steps: list[tuple[Any, ...]], api: Api
) -> None:
    both = _Both(api)
    for name, *arguments in steps:
        await getattr(both, name)(*arguments)
        await both.check()
