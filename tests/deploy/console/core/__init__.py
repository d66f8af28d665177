"""Tests of what the console knows: examples to read, and state machines against naive models."""
