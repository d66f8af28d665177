"""What became of a record, by all that is known of it."""

from dataclasses import replace

import pytest

from delivery.core.shadow import DIFFERENCES, Known, Story, story_of
from producer_api.contract.events import ReceiptType

_SETTLED = Known(frozenset(), is_settled=True)


@pytest.mark.parametrize(
    ("receipts", "story"),
    [
        ({ReceiptType.PARKED}, Story.PARKED),
        ({ReceiptType.PARKED, ReceiptType.DELIVERED}, Story.DELIVERED),
        ({ReceiptType.PARKED, ReceiptType.EXPIRED}, Story.EXPIRED),
        ({ReceiptType.PARKED, ReceiptType.SUPERSEDED}, Story.SUPERSEDED),
        ({ReceiptType.EXPIRED, ReceiptType.DELIVERED}, Story.DELIVERED),
        ({ReceiptType.DEAD_LETTERED}, Story.DEAD_LETTERED),
    ],
)
def test_the_receipts_say_it(receipts: set[ReceiptType], story: Story) -> None:
    assert story_of(Known(frozenset(receipts), is_settled=False)) is story


@pytest.mark.parametrize("told", [frozenset(), frozenset({ReceiptType.PARKED})])
def test_a_delivery_of_long_ago_has_its_receipt(told: frozenset[ReceiptType]) -> None:
    known = Known(
        told, is_settled=True, is_in_inbox=True, is_delivered=True, is_delivered_for_long=True
    )
    assert story_of(known) is Story.UNTOLD
    assert story_of(replace(known, receipts=told | {ReceiptType.DELIVERED})) is Story.DELIVERED


@pytest.mark.parametrize(
    ("known", "story"),
    [
        (Known(frozenset(), is_settled=False), Story.PENDING),
        (Known(frozenset(), is_settled=True, is_erased=True), Story.ERASED),
        (Known(frozenset(), is_settled=True, is_in_inbox=True), Story.OWED),
        (
            Known(frozenset(), is_settled=True, is_readable=False, is_dead_letter=True),
            Story.DEAD_LETTERED,
        ),
        (Known(frozenset(), is_settled=True, is_in_inbox=True, is_delivered=True), Story.UNTOLD),
        (Known(frozenset(), is_settled=True, is_readable=False), Story.UNREADABLE),
        (_SETTLED, Story.LOST),
    ],
)
def test_without_one_the_offset_the_dead_letters_and_the_inbox_do(
    known: Known, story: Story
) -> None:
    assert story_of(known) is story
    assert (story in DIFFERENCES) == (story.upper() == story)
