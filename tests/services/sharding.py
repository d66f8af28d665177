"""Which commands a sharded MongoDB would send to one shard, and which to all of them.

If a command's filter has values for the shard key, MongoDB's router sends the command only to the
shards of these values. Otherwise it sends the command to all shards. The profiler of a database
records every command.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

#: The shard key of each collection that grows with the users. All others stay on one shard.
SHARD_KEYS = {
    "notifications": "user_id",
    "inbox_turns": "_id",  # the user's id
    "preferences": "_id",  # the user's id
    "idempotency": "_id",  # a hash of service and key
}
_FILTERS = {
    "find": "filter",
    "aggregate": "pipeline",
    "findAndModify": "query",
    "findandmodify": "query",
    "count": "query",
    "distinct": "query",
    "q": "q",  # one statement of an update or a delete
}


class Statement(NamedTuple):
    """One command, or one statement of an update or a delete."""

    collection: str
    kind: str
    filter: Mapping[str, Any]

    @property
    def names_its_shards(self) -> bool:
        """Whether the filter gives the shard key one value or a list of values."""
        return _names(SHARD_KEYS[self.collection], self.filter)

    @property
    def shape(self) -> tuple[str, str, frozenset[str]]:
        """The collection, the kind, and the filter's fields. A field with a list ends in `[]`."""
        fields = (f"{name}[]" if _is_list(value) else name for name, value in self.filter.items())
        return self.collection, self.kind, frozenset(fields)


def statements(operation: Mapping[str, Any]) -> Iterator[Statement]:
    """Yield the statements of an entry of `system.profile`.

    Leaves out inserts: an inserted document always names its shard.
    """
    collection = operation["ns"].partition(".")[2]
    command = operation.get("originatingCommand", operation.get("command", {}))
    for kind, field in _FILTERS.items():
        if kind in command:
            sought = command.get(field, {})
            is_pipeline = isinstance(sought, list)
            wanted = sought[0].get("$match", {}) if is_pipeline and sought else sought
            yield Statement(collection, operation["op"] if kind == "q" else kind, wanted or {})


def _is_list(value: object) -> bool:
    return isinstance(value, Mapping) and "$in" in value


def _names(key: str, sought: Mapping[str, Any]) -> bool:
    value = sought.get(key)
    if isinstance(value, Mapping):
        return "$eq" in value or _is_list(value)
    if value is not None:
        return True
    any_of = sought.get("$or", [])
    return bool(any_of) and all(_names(key, each) for each in any_of)
