"""`python -m producer_api`: one process, configured by environment variables alone."""

import asyncio
import sys

import uvloop

from producer_api.contract.settings import load
from producer_api.server import serve
from producer_api.settings import Settings
from runtime.logs import set_up_logs


def main() -> int:
    """Run until SIGTERM or SIGINT. Exits with 0, 1 (it died), 2 (bad settings), 3 (port taken)."""
    settings = load(Settings)
    set_up_logs(settings.log_level)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(serve(settings))


if __name__ == "__main__":
    sys.exit(main())
