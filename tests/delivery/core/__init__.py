"""Tests of the pure cores: examples to read, and state machines against naive models."""
