"""Tests of what the console knows: examples, and state machines compared with naive models."""
