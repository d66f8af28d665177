"""Tests of the problem documents."""
