"""Tests of what lies between the stores and MongoDB."""
