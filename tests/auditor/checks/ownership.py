"""Each notification was created for one user, and reaches only that user's clients."""

from collections.abc import Iterator

from tests.auditor.evidence import Evidence
from tests.auditor.verdict import Finding, Kind


def clients_receive_only_their_own(evidence: Evidence) -> Iterator[Finding]:
    """Find ids in a client's log that nobody created, or that belong to another user."""
    seen: set[tuple[str, str]] = set()
    for entry in evidence.facts.client_entries:
        for notification_id in entry.ids:
            if (entry.client, notification_id) in seen:
                continue
            seen.add((entry.client, notification_id))
            users = evidence.users_named.get(notification_id)
            place = f"client {entry.client}"
            if users is None:
                explanation = f"{entry.event} {notification_id}, which nobody created"
                yield Finding(Kind.CREATED_BY_NOBODY, place, explanation)
            elif entry.user not in users:
                explanation = (
                    f"{entry.user} {entry.event} {notification_id}, which belongs to {_list(users)}"
                )
                yield Finding(Kind.FOREIGN_NOTIFICATION, place, explanation)


def sources_agree_on_the_user(evidence: Evidence) -> Iterator[Finding]:
    """Find notifications for which the API's caller, the topic and MongoDB name different users."""
    for notification_id, users in evidence.users_named.items():
        if len(users) > 1:
            explanation = f"its users are {_list(users)}, depending on the source"
            yield Finding(Kind.USERS_DIFFER, f"notification {notification_id}", explanation)


def _list(users: set[str]) -> str:
    return " and ".join(sorted(users))
