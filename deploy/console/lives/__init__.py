"""Finds notifications, and tells their lives."""
