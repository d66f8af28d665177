"""Schemathesis over the whole OpenAPI document: no 5xx, and no undocumented answer.

By default, the run is short and has the same cases each time. `SCHEMATHESIS_EXAMPLES=500` makes a
long run with new cases, and prints their number (with pytest's `-s`).
"""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deploy.local.paths import ROOT
from deploy.local.process import Process
from tests.services.program import Program, running
from tests.services.tokens import service_token, shopper_token

_CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "allow_header_conformance",
    "ignored_auth",
)
_EXAMPLES = "SCHEMATHESIS_EXAMPLES"
_SHORT_EXAMPLES = 10
#: With a service's token, this call would end the shopper's sessions. So it has the shopper's
#: token, and is always refused.
_ENDS_SESSIONS = "POST /v1/users/{user_id}/sessions/revoke"
_MIN_CASES_PER_OPERATION = 20
_LONGEST_SECONDS = 3600.0
# Calls to paths below /v1/users/, except erasures, have a shopper's token, and mostly concern the
# shopper's own inbox. The others have a service's token.
_CONFIG = """
color = false
headers = {{ Authorization = "Bearer {service}" }}

[dictionaries]
users = {{ values = ["ana"] }}

[parameters]
"path.user_id" = {{ dictionary = "users", probability = 0.7 }}
"body.user_id" = {{ dictionary = "users", probability = 0.5 }}

[[operations]]
include-path-regex = "^/v1/users/"
exclude-method = "DELETE"
headers = {{ Authorization = "Bearer {shopper}" }}

[[operations]]
include-path-regex = "/push-subscriptions$"
headers = {{ Authorization = "Bearer {shopper}" }}

# The default, and 413: what is invalid may also be too large.
[checks.negative_data_rejection]
expected-statuses = [
  "400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "428", "429", "5xx"
]
"""


async def test_every_answer_is_documented(another: Callable[..., Program], tmp_path: Path) -> None:
    # A limit above what one process can serve, so that no answer is a 429.
    program = another(PRODUCER_API_SHOPPER_RATE_LIMIT="100000 per second")
    async with running(program):
        report = await _schemathesis(program.url, tmp_path)
    operations, cases = report["operations"], report["test_cases"]
    sys.stdout.write(f"{cases['generated']} cases\n")
    assert operations["tested"] == operations["total"]
    assert cases["generated"] >= operations["total"] * _MIN_CASES_PER_OPERATION
    assert report["warnings"]["missing_auth"] == [_ENDS_SESSIONS]


async def _schemathesis(url: str, folder: Path) -> dict[str, Any]:
    """Run Schemathesis, check that it has no findings, and return the report."""
    config, report = folder / "schemathesis.toml", folder / "report.json"
    config.write_text(_CONFIG.format(service=service_token(), shopper=shopper_token("ana")))
    examples = int(os.environ.get(_EXAMPLES, _SHORT_EXAMPLES))
    seed = [] if _EXAMPLES in os.environ else ["--seed", "1"]
    argv = [str(Path(sys.executable).with_name("st")), "--config-file", str(config)]
    argv += ["run", str(ROOT / "docs" / "openapi.json"), "--url", url]
    argv += ["--max-examples", str(examples), "--checks", ",".join(_CHECKS), *seed]
    argv += ["--report", "json", "--report-json-path", str(report)]
    lines: list[str] = []
    env = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    command = Process("schemathesis", argv, env=env, cwd=folder, on_line=lines.append)
    await command.start()
    try:
        status = await asyncio.wait_for(command.wait(), _LONGEST_SECONDS)
    finally:
        await command.kill()
    assert status == 0, "\n".join(lines)
    return dict(json.loads(report.read_text()))
