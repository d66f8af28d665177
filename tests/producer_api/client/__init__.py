"""The client for Python callers."""
