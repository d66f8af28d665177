"""A problem that all workers have is reported once. Otherwise the report names the worker."""

from runtime.workers.problems import of_all


def test_no_problem_means_ready() -> None:
    assert of_all({1: {}, 2: {}}) == {}


def test_a_common_problem_is_reported_once() -> None:
    away = {"MongoDB": "does not answer"}
    assert of_all({1: away, 2: {**away}}) == away


def test_a_problem_of_one_worker_names_it() -> None:
    own = {"MongoDB": "does not answer"}
    assert of_all({1: own, 2: {**own, "Kafka": "not connected"}, 3: own}) == {
        "MongoDB": "does not answer",
        "Kafka (worker 2)": "not connected",
    }
    assert of_all({1: {}, 2: {"Worker": "is starting"}}) == {"Worker (worker 2)": "is starting"}


def test_different_reasons_are_all_reported() -> None:
    assert of_all({1: {"Outbox": "41 s"}, 2: {"Outbox": "42 s"}}) == {
        "Outbox (worker 1)": "41 s",
        "Outbox (worker 2)": "42 s",
    }
