"""The producer API as a process, on real MongoDB and Kafka."""
