"""The delivery service: reads notifications from Kafka and pushes them to connected clients."""
