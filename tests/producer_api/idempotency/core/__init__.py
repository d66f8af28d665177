"""Tests of keys and replays."""
