"""Tests of the outbox, without MongoDB and Kafka."""
