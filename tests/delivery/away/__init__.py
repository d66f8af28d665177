"""Tests of the away program without Kafka and MongoDB."""
