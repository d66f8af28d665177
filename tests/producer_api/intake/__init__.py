"""Tests of intake, without MongoDB and Kafka."""
