"""The life of one notification: its events, converted to steps."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from deploy.console.core.event import Event
from deploy.console.core.facts import Change, Created, DeadLetter, Fact, Mark, Receipt
from deploy.console.core.moments import milliseconds_of, text_of

#: The order of steps that have the same time, and of steps whose time is unknown.
_ORDER = (
    "created",
    "written",
    "muted",
    "logged",
    "dead_lettered",
    "pushed",
    "acknowledged",
    "delivered",
    "parked",
    "superseded",
    "expired",
    "committed",
    "seen",
    "read",
    "withdrawn",
    "erased",
)
_RANK = {name: rank for rank, name in enumerate(_ORDER)}
#: All statuses but `pending`, in the order of precedence that `GET /v1/notifications/{id}` uses.
_STATUSES = ("erased", "withdrawn", "muted", "delivered", "superseded", "expired", "dead_lettered")


@dataclass(slots=True)
class LifeStep:
    """One step. `at` is its time in Unix milliseconds, None if that is unknown."""

    name: str
    at: int | None
    details: dict[str, Any] = field(default_factory=dict)


def steps_of(
    notification_id: str,
    read: Sequence[tuple[Event, Fact]],
    stored: Mapping[str, Any] | None,
    *more: LifeStep,
) -> list[LifeStep]:
    """Return the steps of a notification in order of time.

    `read` has its events and what they say, in order of their timestamps. `stored` is the
    notification as the producer API returned it, or None. `more` has steps that no event reports.
    """
    found: dict[str, LifeStep] = {}
    for event, fact in read:
        for step in _steps_in(notification_id, event, fact):
            _add(found, step)
    for step in (*_stored_steps(stored or {}), *more):
        _add(found, step)
    return _in_order(found.values())


def status_of(steps: Iterable[LifeStep], expires_at: int | None, now: int) -> str:
    """Return the status that follows from the steps, at `now` in Unix milliseconds."""
    names = {step.name for step in steps}
    if expires_at is not None and expires_at <= now:
        names.add("expired")
    return next((status for status in _STATUSES if status in names), "pending")


def public(steps: Iterable[LifeStep]) -> list[dict[str, Any]]:
    """Return the steps as JSON for the page, each with the time since the step before it."""
    shown: list[dict[str, Any]] = []
    before: int | None = None
    for step in steps:
        details = {name: value for name, value in step.details.items() if value is not None}
        after = None if step.at is None or before is None else max(0, step.at - before)
        shown.append(
            {
                "name": step.name,
                "at": text_of(step.at),
                "after_ms": after,
                "details": details,
            }
        )
        before = before if step.at is None else step.at
    return shown


def _add(found: dict[str, LifeStep], step: LifeStep) -> None:
    """Add a step. Of several with the same name, keep the earliest, with the details of all."""
    other = found.setdefault(step.name, step)
    if other is step:
        return
    is_earlier = step.at is not None and (other.at is None or step.at < other.at)
    first, second = (step, other) if is_earlier else (other, step)
    found[step.name] = LifeStep(step.name, first.at, {**second.details, **first.details})


def _steps_in(notification_id: str, event: Event, fact: Fact) -> Iterable[LifeStep]:
    match fact:
        case Created() if fact.id == notification_id:
            return _created_steps(event, fact)
        case Created():
            return _mark_steps(notification_id, fact.superseded, fact.at)
        case Receipt():
            return _receipt_steps(fact)
        case Change():
            return _mark_steps(notification_id, fact.marks, fact.at)
        case DeadLetter():
            return [
                LifeStep("dead_lettered", event.at, {"reason": fact.reason, "place": fact.place})
            ]
    return ()


def _created_steps(event: Event, fact: Created) -> list[LifeStep]:
    place = {"partition": event.partition, "offset": event.offset}
    steps = [
        LifeStep("created", fact.at),
        LifeStep("written", None),
        LifeStep("logged", event.at, place),
    ]
    if fact.removed is None:
        return steps
    # The time of the withdrawal is not here: the withdrawal has a record of its own.
    return [*steps, LifeStep(fact.removed, fact.at if fact.removed == "muted" else None)]


def _receipt_steps(fact: Receipt) -> list[LifeStep]:
    way = {"owner": fact.owner, "edge": fact.edge, "attempt": fact.attempt}
    if fact.kind != "delivered":
        details: dict[str, Any] = {"reason": fact.reason, "superseded_by": fact.superseded_by}
        if fact.kind == "parked":
            details["attempt"] = fact.attempt
        return [LifeStep(fact.kind, fact.at, details)]
    steps = [
        LifeStep("acknowledged", fact.at, way),
        LifeStep("delivered", fact.at, {"latency_ms": fact.latency}),
    ]
    return steps if fact.pushed_at is None else [LifeStep("pushed", fact.pushed_at, way), *steps]


def _mark_steps(notification_id: str, marks: Iterable[Mark], at: int) -> Iterable[LifeStep]:
    for mark in marks:
        if mark.id != notification_id:
            continue
        if mark.seen_at is not None:
            yield LifeStep("seen", mark.seen_at)
        if mark.read_at is not None:
            yield LifeStep("read", mark.read_at)
        if mark.superseded_by is not None:
            yield LifeStep("superseded", at, {"superseded_by": mark.superseded_by})
        if mark.withdrawn_at is not None:
            yield LifeStep("withdrawn", mark.withdrawn_at)


def _stored_steps(stored: Mapping[str, Any]) -> Iterable[LifeStep]:
    for name in ("created", "delivered", "seen", "read"):
        at = milliseconds_of(stored.get(f"{name}_at"))
        if at is not None:
            yield LifeStep(name, at)
    if stored:
        yield LifeStep("written", None)
    status = stored.get("status")
    if status in {"muted", "superseded", "expired", "withdrawn", "dead_lettered"}:
        at = milliseconds_of(stored.get("expires_at")) if status == "expired" else None
        yield LifeStep(status, at)


def _in_order(steps: Iterable[LifeStep]) -> list[LifeStep]:
    """Sort by time. A step without a time comes after the steps that usually precede it."""
    ranked = sorted(steps, key=lambda step: _RANK.get(step.name, len(_RANK)))
    latest, keyed = 0, []
    for rank, step in enumerate(ranked):
        latest = max(latest, step.at or 0)
        keyed.append((latest if step.at is None else step.at, rank, step))
    return [step for *_, step in sorted(keyed, key=lambda each: each[:2])]
