"""Tests of the producer API as a process, with a real MongoDB and a real Kafka."""
