"""The value of the `Allow` header, which a 405 must carry (RFC 9110, section 15.5.6)."""

from collections.abc import Mapping
from typing import Any

from starlette.routing import compile_path


def allowed_methods(paths: Mapping[str, Mapping[str, Any]], path: str) -> str | None:
    """Return the methods of this address; None if the OpenAPI document lacks the address.

    `paths` comes from the OpenAPI document. Starlette's own `Allow` names only the methods of the
    first route that matches, but here several routes may share an address.
    """
    templates = [template for template in paths if compile_path(template)[0].match(path)]
    if not templates:
        return None
    # `/{id}` also matches `/read`, so take the template with the fewest parameters.
    best = min(templates, key=lambda template: template.count("{"))
    methods = {method.upper() for method in paths[best]}
    if "GET" in methods:
        methods.add("HEAD")  # see middleware/request_middleware.py
    return ", ".join(sorted(methods))
