"""`replay`: a user is pushed again what was sent since a moment, delivered or not."""

from datetime import datetime

from rich.console import Console

from delivery.inbox import Inbox
from delivery.tools.repair import Repair
from delivery.tools.republish import republisher
from delivery.tools.settings import ToolSettings

_ORIGIN = "inbox"


async def push_again(
    settings: ToolSettings,
    user: str,
    since: datetime,
    until: datetime,
    console: Console,
    *,
    apply: bool,
) -> int:
    """Say what is to be pushed; with `apply`, have the inbox owe it, and tell the owner by records.

    A client that has one drops it, and acknowledges: repeated, this changes nothing on the screen.
    What is superseded, archived or expired is left out.
    """
    inbox = Inbox(settings.mongo_url, settings.mongo_database)
    try:
        repair = Repair(inbox)
        documents = await repair.of_user(user, since, until)
        delivered = [each["_id"] for each in documents if each["delivered_at"] is not None]
        console.print(f"{len(delivered):>6}  delivered, to be pushed again")
        console.print(f"{len(documents) - len(delivered):>6}  owed anyway")
        if not apply:
            console.print("nothing is done yet: repeat with --apply")
            return 0
        # First that they are owed: if we end in between, they come with the user's next connection.
        await repair.owe_again(delivered)
        async with republisher(settings) as out:
            for document in documents:
                await out.notification({**document, "delivered_at": None}, _ORIGIN)
        console.print(f"{len(documents)} put on the topic again")
        return 0
    finally:
        inbox.close()
