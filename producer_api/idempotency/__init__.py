"""Idempotency keys: a repeated request is carried out once, and gets the same answer each time."""
