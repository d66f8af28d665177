"""Benchmarks of the live path: one notification at a time for each of many connected users."""
