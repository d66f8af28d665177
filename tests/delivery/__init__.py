"""Tests of delivery's parts that need no Kafka and no MongoDB."""
