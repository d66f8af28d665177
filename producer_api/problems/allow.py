"""The value of the `Allow` header, which a 405 must carry (RFC 9110, section 15.5.6)."""

from collections.abc import Mapping
from typing import Any

from starlette.routing import compile_path


def allowed_methods(paths: Mapping[str, Mapping[str, Any]], path: str) -> str | None:
    """Return the methods of this address, or None if the OpenAPI document does not have it.

    `paths` is the member of that name in the OpenAPI document. Starlette's own `Allow` names only
    the methods of the first route that matches, and one address has several routes here.
    """
    templates = [template for template in paths if compile_path(template)[0].match(path)]
    if not templates:
        return None
    # `/{id}` matches `/read` too. The template with the fewest parameters is the one that is meant.
    meant = min(templates, key=lambda template: template.count("{"))
    methods = {method.upper() for method in paths[meant]}
    if "GET" in methods:
        methods.add("HEAD")  # see middleware/head_as_get.py
    return ", ".join(sorted(methods))
