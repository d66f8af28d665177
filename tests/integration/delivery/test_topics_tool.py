"""The tool that creates the topics, as the chart's Job runs it."""

from delivery.tools.topics import topics
from tests.services.screen import Screen


async def test_topics_are_created_once_and_never_changed(stack_env: dict[str, str]) -> None:
    name = stack_env["KAFKA_TOPIC"]
    screen = Screen(stack_env)
    assert await topics(screen.settings, screen.console, apply=False) == 1
    assert f"{name}: missing" in screen.read()
    for _ in range(2):
        assert await topics(screen.settings, screen.console, apply=True) == 0
        output = screen.read()
        assert [line.partition(": ")[0] for line in output.splitlines()] == [
            name,
            f"{name}-receipts",
            f"{name}-dlq",
        ]
        assert output.count("3 partitions") == 3
    other = Screen(stack_env | {"KAFKA_TOPIC_PARTITIONS": "4"})
    assert await topics(other.settings, other.console, apply=True) == 1
    output = other.read()
    assert output.count("3 partitions") == 3
    assert "expected 4 partitions" in output
