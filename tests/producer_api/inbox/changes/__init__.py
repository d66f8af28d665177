"""Tests of changes to an inbox."""
