"""`python -m producer_api`: run one process of the producer API until SIGTERM or SIGINT."""

import sys

from producer_api.app import build
from producer_api.settings import Settings
from runtime.lifecycle import run
from runtime.logs import set_up_logs
from runtime.settings import load


def main() -> int:
    """Run the API. Return the exit status that `runtime.lifecycle` defines."""
    settings = load(Settings)
    set_up_logs(settings.log_level)
    return run(lambda: build(settings))


if __name__ == "__main__":
    sys.exit(main())
