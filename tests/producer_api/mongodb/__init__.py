"""Tests of the connection between the stores and MongoDB."""
