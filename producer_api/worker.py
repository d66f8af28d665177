"""`python -m producer_api.worker`: one of several workers of the producer API.

Only the parent, `python -m producer_api` with `PRODUCER_API_WORKERS` above 1, starts this program.
"""

import sys
from functools import partial

from producer_api.app import build
from producer_api.settings import Settings
from runtime.lifecycle import run
from runtime.logs import set_up_logs
from runtime.settings import load
from runtime.workers.inherited import Inherited
from runtime.workers.lifeline import hold
from runtime.workers.worker import Worker


def main(argument: str) -> int:
    """Run the worker. Return the exit status that `runtime.lifecycle` defines."""
    inherited = Inherited.parse(argument)
    hold(inherited.lifeline)
    # Do not read `.env`: the parent has put the settings in it into the environment.
    settings = load(partial(Settings, _env_file=None))
    set_up_logs(settings.log_level, inherited.number, inherited.memory)
    return run(lambda: build(settings, Worker.of(inherited)))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
