"""`python -m deploy.local`: run the whole pipeline on this machine until Ctrl-C."""

import asyncio
import os
import signal
import sys
import time

from deploy.local import control
from deploy.local.data_folder import FolderInUseError, make_private, only_run
from deploy.local.environment import shared_environment
from deploy.local.part_logs import PartLogs, say
from deploy.local.ports import PortInUseError, refuse_taken
from deploy.local.process import PartFailedError
from deploy.local.report import report
from deploy.local.settings import LocalSettings, load_local
from deploy.local.stack import Stack
from deploy.local.stop_signals import heed_interrupts
from deploy.local.supervisor import Supervisor
from producer_api.contract.settings import SharedSettings
from runtime.settings import EXIT_BAD_SETTINGS, load

_EXIT_FAILED = 1
_EXIT_STOPPED = 0
_EXIT_INTERRUPTED = 130


async def _run(settings: LocalSettings, shared: SharedSettings, logs: PartLogs) -> int:
    started_at = time.monotonic()
    supervisor = Supervisor(say)
    stack = Stack(settings, shared, logs, supervisor)

    async def bring_up_and_serve() -> None:
        await stack.bring_up()
        say(report(settings, os.environ["AUTH_JWT_SECRET"], time.monotonic() - started_at))
        await control.serve(stack.commands)

    run = asyncio.create_task(supervisor.run(bring_up_and_serve), name="the stack")
    _stop_on_signals(run, supervisor)
    status = _EXIT_STOPPED
    try:
        await run
    except* PartFailedError as group:
        say(f"\nstopped everything, because a part failed:\n{group.exceptions[0]}")
        status = _EXIT_FAILED
    except* asyncio.CancelledError:
        say("all stopped")
    return status


def _stop_on_signals(run: asyncio.Task[None], supervisor: Supervisor) -> None:
    is_stopping = False

    def stop(number: int) -> None:
        nonlocal is_stopping
        if is_stopping:
            if number != signal.SIGHUP:  # a SIGHUP also follows a Ctrl-C, see `heed_interrupts`
                supervisor.kill_all()
            return
        is_stopping = True
        say("\nstopping everything, in reverse order (Ctrl-C again kills it at once)")
        run.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop, number)


def main() -> int:
    """Check settings, data folder and ports before anything starts, then run the stack."""
    settings = load_local()
    make_private(settings.local_data)
    try:
        with only_run(settings.local_data), PartLogs(settings.local_data / "logs") as logs:
            refuse_taken(settings.ports)
            os.environ.update(shared_environment(settings))
            shared = load(SharedSettings)
            os.chdir(settings.local_data)  # the stack's socket paths are relative
            return asyncio.run(_run(settings, shared, logs))
    except KeyboardInterrupt:
        return _EXIT_INTERRUPTED  # nothing has started yet
    except (FolderInUseError, PortInUseError) as error:
        sys.stderr.write(f"cannot start:\n{error}\n")
        return EXIT_BAD_SETTINGS


if __name__ == "__main__":
    heed_interrupts()
    sys.exit(main())
