"""Which methods an address takes: what the OpenAPI document says, whichever router has them."""

from collections.abc import Mapping
from typing import Any

from starlette.routing import compile_path


def allowed_methods(paths: Mapping[str, Mapping[str, Any]], path: str) -> str | None:
    """The value of `Allow`; None where the document has no such address. `paths` is its member.

    Starlette's own names just the first route that fits, and none of the others.
    """
    templates = [template for template in paths if compile_path(template)[0].match(path)]
    if not templates:
        return None
    # `/{id}` fits `/read` too: the one with the fewest parameters is meant.
    meant = min(templates, key=lambda template: template.count("{"))
    methods = {method.upper() for method in paths[meant]}
    if "GET" in methods:
        methods.add("HEAD")  # see head.py
    return ", ".join(sorted(methods))
