"""The `Allow` header of a 405, from the OpenAPI document."""

from typing import Any

import pytest

from producer_api.problems.allow import allowed_methods

_PATHS: dict[str, dict[str, Any]] = {
    "/v1/things": {"get": {}, "delete": {}},
    "/v1/things/{id}": {"patch": {}},
    "/v1/things/read": {"post": {}},
}


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/v1/things", "DELETE, GET, HEAD"),
        ("/v1/things/7", "PATCH"),
        ("/v1/things/read", "POST"),
        ("/v1/things/7/8", None),
        ("/docs", None),
    ],
)
def test_allow_lists_all_methods_of_the_address(path: str, allowed: str | None) -> None:
    assert allowed_methods(_PATHS, path) == allowed
