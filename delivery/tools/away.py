"""The commands `away`: webhooks that were given up, and keys for Web Push."""

from collections.abc import Collection
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from delivery.away.store.entries import COLLECTION
from delivery.away.store.webhook_dead_letters import WebhookDeadLetters
from delivery.away.vapid_keys import new_private_key, public_key_of
from delivery.inbox import Inbox
from delivery.tools.printable import cell
from delivery.tools.settings import ToolSettings


async def away(
    what: str,
    settings: ToolSettings,
    console: Console,
    notifications: Collection[str] = (),
    *,
    apply: bool = False,
) -> int:
    """Run `list`, `replay` or `keys`.

    `notifications` are those that `replay` makes due again, by default all. Returns 1 if `list`
    finds a given-up webhook, or if `replay` finds none for one of the notifications.

    Raises `pymongo.errors.PyMongoError`.
    """
    if what == "keys":
        key = new_private_key()
        console.print(f"AWAY_VAPID_PRIVATE_KEY={key}", soft_wrap=True)
        console.print(f"PRODUCER_API_VAPID_PUBLIC_KEY={public_key_of(key)}", soft_wrap=True)
        return 0
    inbox = Inbox(settings.mongo_url, settings.mongo_database)
    try:
        letters = WebhookDeadLetters(inbox.database[COLLECTION])
        if what == "replay":
            return await _replay(letters, notifications, console, apply=apply)
        return await _show(letters, console)
    finally:
        inbox.close()


async def _show(letters: WebhookDeadLetters, console: Console) -> int:
    table = Table("notification", "user", "category", "given up", "failures", "reason")
    found = await letters.all()
    for each in found:
        at = each.at.isoformat(timespec="seconds")
        shown = (each.notification, each.user, each.category, at, str(each.failures), each.reason)
        table.add_row(*map(cell, shown))
    console.print(table)
    console.print(f"{len(found)} webhooks were given up")
    return int(bool(found))


async def _replay(
    letters: WebhookDeadLetters, notifications: Collection[str], console: Console, *, apply: bool
) -> int:
    found = [each.notification for each in await letters.all()]
    if apply:
        count = await letters.revive(notifications, datetime.now(UTC))
        console.print(f"{count} made due again")
    else:
        chosen = [each for each in found if not notifications or each in notifications]
        console.print(f"{len(chosen)} would be made due again")
        console.print("nothing is done yet: repeat with --apply")
    missing = [each for each in notifications if each not in found]
    for each in missing:
        console.print(f"no webhook was given up for {each}", markup=False)
    return int(bool(missing))
