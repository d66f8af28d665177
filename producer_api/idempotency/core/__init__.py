"""The logic of idempotency, without I/O, clock or tasks."""
