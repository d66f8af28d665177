"""A real Kafka and a real MongoDB for the tests, and our own programs as processes."""
