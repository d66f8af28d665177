"""Fuzzers: malformed input for real instances, generated from a seed."""
