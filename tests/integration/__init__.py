"""Tests of our programs with a real Kafka and a real MongoDB."""
