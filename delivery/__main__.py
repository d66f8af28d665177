"""`python -m delivery`: one instance of the delivery service, until SIGTERM or SIGINT."""

import sys

from delivery.app import build
from delivery.settings import Settings
from runtime.lifecycle import run
from runtime.logs import set_up_logs
from runtime.settings import load


def main() -> int:
    """Run the service. Return the exit status: see `runtime.lifecycle`."""
    settings = load(Settings)
    set_up_logs(settings.log_level)
    return run(lambda: build(settings))


if __name__ == "__main__":
    sys.exit(main())
