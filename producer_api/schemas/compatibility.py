"""Checks a schema against the released one: no property may be removed or change its type."""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]


def breaks(released: Schema, current: Schema) -> list[str]:
    """Return the changes in `current` that would break a consumer of `released`.

    Each entry starts with the path of the property. The list is empty if nothing breaks.
    """
    return list(_breaks("", released, current, released, current))


def _breaks(
    path: str, released: Schema, current: Schema, old_root: Schema, new_root: Schema
) -> Iterator[str]:
    released, current = _resolved(released, old_root), _resolved(current, new_root)
    where = path or "the value"
    if new_types := _types(current, new_root) - _types(released, old_root):
        yield f"{where}: may be {', '.join(sorted(new_types))} now"
    old_branch, new_branch = _object(released, old_root), _object(current, new_root)
    yield from _broken_properties(path, old_branch, new_branch, old_root, new_root)
    if "items" in released and "items" in current:
        yield from _breaks(f"{path}[]", released["items"], current["items"], old_root, new_root)
    for keyword in ("format", "const", "enum", "pattern"):
        if keyword in released and released[keyword] != current.get(keyword):
            yield f"{where}: {keyword} {released[keyword]!r} is {current.get(keyword)!r} now"


def _broken_properties(
    path: str, released: Schema, current: Schema, old_root: Schema, new_root: Schema
) -> Iterator[str]:
    properties = current.get("properties", {})
    required = set(current.get("required", ()))
    for name, schema in released.get("properties", {}).items():
        where = f"{path}.{name}".lstrip(".")
        if name not in properties:
            yield f"{where}: is gone"
            continue
        if name in released.get("required", ()) and name not in required:
            yield f"{where}: may be missing now"
        yield from _breaks(where, schema, properties[name], old_root, new_root)


def _resolved(schema: Schema, root: Schema) -> Schema:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    definition: Schema = root["$defs"][reference.removeprefix("#/$defs/")]
    return definition


def _branches(schema: Schema, root: Schema) -> list[Schema]:
    return [_resolved(branch, root) for branch in schema.get("anyOf", [schema])]


def _types(schema: Schema, root: Schema) -> set[str]:
    """Return the types that a value may have, over all branches of an `anyOf`."""
    types: set[str] = set()
    for branch in _branches(schema, root):
        value = branch.get("type", "anything")
        names = set(value if isinstance(value, list) else [value])
        types |= {f"{name} as {branch['format']}" if "format" in branch else name for name in names}
    return types


def _object(schema: Schema, root: Schema) -> Schema:
    return next((branch for branch in _branches(schema, root) if "properties" in branch), {})
