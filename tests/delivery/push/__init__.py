"""Tests of the pushes to users, and of their acks."""
