"""The REST API: what callers send and are answered."""
