"""What was erased is gone, and stays so."""

from collections.abc import Iterator

from tests.auditor import moments
from tests.auditor.evidence import Evidence
from tests.auditor.verdict import Finding, Kind


def erased_are_gone(evidence: Evidence) -> Iterator[Finding]:
    """Notifications in MongoDB that had been accepted before their user was erased."""
    noise = evidence.rules.clock_noise_seconds
    for accepted in evidence.facts.accepted:
        erased_at = max((each.at for each in evidence.erasures.get(accepted.user, ())), default=0.0)
        if accepted.id in evidence.stored and accepted.at + noise < erased_at:
            explanation = (
                f"accepted at {moments.in_words(accepted.at)}, but all of {accepted.user} "
                f"was erased at {moments.in_words(erased_at)}"
            )
            yield Finding(Kind.NOT_ERASED, f"notification {accepted.id}", explanation)


def erased_are_not_pushed(evidence: Evidence) -> Iterator[Finding]:
    """What came to a client that had been told of its erasure.

    What was being created in that very moment may have such an id, too, and stay: it is in MongoDB
    still, unless another erasure came after.
    """
    for client, entries in evidence.clients.items():
        up_to = ""
        for entry in entries:
            up_to = max(up_to, entry.up_to)
            for name in entry.received:
                if name <= up_to and _is_gone_by(up_to, name, entry.user, evidence):
                    explanation = f"{name} came when it had been told of an erasure up to {up_to}"
                    yield Finding(Kind.PUSHED_THOUGH_ERASED, f"client {client}", explanation)


def _is_gone_by(up_to: str, name: str, user: str, evidence: Evidence) -> bool:
    last = max((each.erased_up_to for each in evidence.erasures.get(user, ())), default="")
    return name not in evidence.stored and last <= up_to
