"""Tests of one program or part on real Kafka and MongoDB."""
