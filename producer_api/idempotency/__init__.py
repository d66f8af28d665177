"""Idempotency keys: a request with a key is carried out once, and repeats get the same answer."""
