"""Finds notifications, and returns the life of each."""
