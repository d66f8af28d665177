"""Real Kafka and MongoDB for the tests, and our own programs as processes."""
