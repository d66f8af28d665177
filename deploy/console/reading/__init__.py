"""Reads the three topics."""
