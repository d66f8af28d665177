"""`python -m delivery.away`: tells what was not delivered in time, until SIGTERM or SIGINT."""

import sys

from runtime.early_stop import end_at_sigterm


def main() -> int:
    """Run the program. Return the exit status: see `runtime.lifecycle`."""
    end_at_sigterm()
    from delivery.away.app import build  # noqa: PLC0415 - see `end_at_sigterm`
    from delivery.away.settings import AwaySettings  # noqa: PLC0415
    from runtime.lifecycle import run  # noqa: PLC0415
    from runtime.logs import set_up_logs  # noqa: PLC0415
    from runtime.settings import load  # noqa: PLC0415

    settings = load(AwaySettings)
    set_up_logs(settings.log_level)
    return run(lambda: build(settings))


if __name__ == "__main__":
    sys.exit(main())
