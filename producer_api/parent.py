"""The parent of several workers of the producer API."""

import os

from dotenv import dotenv_values

from producer_api.identity.shared_counts import words_of
from producer_api.metrics import GAUGE_RULES, WORKER_METRICS
from producer_api.settings import Settings
from runtime.logs import set_up_logs
from runtime.workers.environment import environment_of_workers
from runtime.workers.parent import Plan, run
from runtime.workers.shared_memory import SharedMemory


def run_workers(settings: Settings) -> int:
    """Run `PRODUCER_API_WORKERS` workers. Return the exit status that `runtime.workers` defines."""
    count = settings.producer_api_workers
    memory = SharedMemory.new(count, words_of(count))
    set_up_logs(settings.log_level, turns=memory.descriptor)
    dotenv = dotenv_values(".env")
    plan = Plan(
        "producer_api.worker",
        count,
        settings.producer_api_host,
        settings.producer_api_port,
        environment_of_workers(os.environ, dotenv, Settings.model_fields),
        GAUGE_RULES,
        WORKER_METRICS,
    )
    return run(plan, memory)
