"""Tests of taking records in."""
