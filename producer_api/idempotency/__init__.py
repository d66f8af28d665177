"""Idempotency keys: a request that is repeated is done once, and answered the same each time."""
