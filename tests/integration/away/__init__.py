"""The away program on a real Kafka and MongoDB, with receivers that verify what they get."""
