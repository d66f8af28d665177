"""`python -m deploy.console`: serve the machine room until SIGTERM or SIGINT."""

import os
import sys

from runtime.early_stop import end_at_sigterm

#: The console shares its machine with the pipeline that it watches, and must not slow it down.
_NICENESS = 5


def main() -> int:
    """Run the console. Return the exit status that `runtime.lifecycle` defines."""
    end_at_sigterm()
    from deploy.console.app import build  # noqa: PLC0415 - see `end_at_sigterm`
    from deploy.console.settings import ConsoleSettings  # noqa: PLC0415
    from runtime.lifecycle import run  # noqa: PLC0415
    from runtime.logs import set_up_logs  # noqa: PLC0415
    from runtime.settings import load  # noqa: PLC0415

    settings = load(ConsoleSettings)
    set_up_logs(settings.log_level)
    os.nice(_NICENESS)
    return run(lambda: build(settings))


if __name__ == "__main__":
    sys.exit(main())
