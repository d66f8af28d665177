"""Tests of what changes an inbox."""
