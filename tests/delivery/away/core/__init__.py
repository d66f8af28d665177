"""Tests of the rules of telling."""
