"""`python -m deploy.console`: serve the machine room until SIGTERM or SIGINT."""

import os
import sys

from deploy.console.app import build
from deploy.console.settings import ConsoleSettings
from runtime.lifecycle import run
from runtime.logs import set_up_logs
from runtime.settings import load

#: It shares its machine with what it watches, and must not slow that down.
_NICENESS = 5


def main() -> int:
    """Run the console. Return the exit status that `runtime.lifecycle` defines."""
    settings = load(ConsoleSettings)
    set_up_logs(settings.log_level)
    os.nice(_NICENESS)
    return run(lambda: build(settings))


if __name__ == "__main__":
    sys.exit(main())
