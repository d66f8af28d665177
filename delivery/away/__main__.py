"""`python -m delivery.away`: tells what was not delivered in time, until SIGTERM or SIGINT."""

import sys

from delivery.away.app import build
from delivery.away.settings import AwaySettings
from runtime.lifecycle import run
from runtime.logs import set_up_logs
from runtime.settings import load


def main() -> int:
    """Run the program. Return the exit status: see `runtime.lifecycle`."""
    settings = load(AwaySettings)
    set_up_logs(settings.log_level)
    return run(lambda: build(settings))


if __name__ == "__main__":
    sys.exit(main())
