"""Workers that start later get the settings that the parent has read."""

from runtime.workers.environment import environment_of_workers


def test_settings_of_the_file_are_added_and_the_environment_wins() -> None:
    environ = {"PATH": "/bin", "MONGO_URL": "env", "log_level": "DEBUG", "KAFKA_TOPIC": ""}
    dotenv = {
        "mongo_url": "file",
        "LOG_LEVEL": "INFO",
        "KAFKA_TOPIC": "file",
        "auth_jwt_secret": "file",
        "EMPTY": None,
        "OTEL_EXPORTER_OTLP_ENDPOINT": "read from the environment alone",
    }
    names = ["mongo_url", "log_level", "kafka_topic", "auth_jwt_secret", "empty"]
    assert environment_of_workers(environ, dotenv, names) == {
        "PATH": "/bin",
        "MONGO_URL": "env",
        "log_level": "DEBUG",
        "KAFKA_TOPIC": "file",
        "AUTH_JWT_SECRET": "file",
    }
